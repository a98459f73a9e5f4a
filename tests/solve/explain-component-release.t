# nvcc exists from 12.0 on
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-version 11.8.*
request cuda-nvcc-impl
request cuda-cudart-dev
explain
no set of packages satisfies the request
├─ cuda-nvcc-impl (component nvcc) is requested
│  └─ cuda-nvcc-impl 13.3.73 to 12.0.76 (23 versions) each needs its own cuda-version (>=13.3,<13.4.0a0, >=13.2,<13.3.0a0, …)
└─ cuda-version 11.8.* is requested
component nvcc (cuda-nvcc-impl) exists for CUDA 13.3, 13.2, 13.1, 13.0, 12.9, 12.8, 12.6, 12.5, 12.4, 12.2, 12.1, 12.0, not for CUDA 11.8. Request one of these releases, or leave the component out. No channel has a compiler from before 12.0: for CUDA 11.8 there are cudatoolkit, the libraries without headers, and nvcc_linux-64, which only runs an nvcc that the machine must have.
