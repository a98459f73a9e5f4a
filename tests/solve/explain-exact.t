# the version itself is not there, but what begins with it
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl 12.9
explain
no set of packages meets the request
└─ cuda-nvcc-impl ==12.9 is asked for, but there is only 12.0.76 to 13.3.73 (23 versions)
There is cuda-nvcc-impl 12.9.86: ask for "cuda-nvcc-impl 12.9.*" to take any 12.9.
