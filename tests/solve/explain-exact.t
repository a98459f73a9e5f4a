# the version itself is not there, but what begins with it
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl 12.9
explain
no set of packages satisfies the request
└─ cuda-nvcc-impl ==12.9 (component nvcc) is requested, but the channels only have 12.0.76 to 13.3.73 (23 versions)
cuda-nvcc-impl 12.9.86 exists: request "cuda-nvcc-impl 12.9.*" to allow any 12.9.
