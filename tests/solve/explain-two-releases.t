# parts of two toolkits
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl 12.9.*
request cuda-cudart-dev 13.0.*
explain
no set of packages satisfies the request
├─ cuda-cudart-dev 13.0.* (component cudart) is requested
│  └─ cuda-cudart-dev 13.0.96, 13.0.88, 13.0.48 needs cuda-version >=13.0,<13.1.0a0
└─ cuda-nvcc-impl 12.9.* (component nvcc) is requested
   └─ cuda-nvcc-impl 12.9.86, 12.9.41 needs cuda-version >=12.9,<12.10.0a0
Two CUDA releases are requested: cuda-cudart-dev 13.0.* is available for CUDA 13.0; cuda-nvcc-impl 12.9.* is available for CUDA 12.9. Choose one release with cuda-version, and leave out the versions of its parts.
