# gcc 15 with the nvcc of CUDA 12.9
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl
request cuda-version 12.9.*
request gxx_linux-64 15.*
explain
no set of packages satisfies the request
├─ cuda-nvcc-impl (component nvcc) is requested
│  ├─ cuda-nvcc-impl 13.3.73 to 12.0.76 (21 versions) each needs its own cuda-version (>=13.3,<13.4.0a0, >=13.2,<13.3.0a0, …)
│  └─ cuda-nvcc-impl 12.9.86, 12.9.41 works only with gcc_impl_linux-64 >=6,<15.0a0
├─ cuda-version 12.9.* is requested
└─ gxx_linux-64 15.* is requested
   └─ gxx_linux-64 15.3.0, 15.2.0, 15.1.0 each needs its own gcc_linux-64 (==15.3.0 h7df7c86_0, ==15.2.0 h7be306e_28, …)
      └─ gcc_linux-64 15.3.0, 15.2.0, 15.1.0 needs gcc_impl_linux-64 15.3.0.* or 15.2.0.* or 15.1.0.*
nvcc 12.9 supports gcc below 15: request gxx_linux-64 <15, or a CUDA release whose nvcc supports a newer gcc.
