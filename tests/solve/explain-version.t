# there never was a CUDA 12.7
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl
request cuda-version 12.7.*
explain
no set of packages satisfies the request
└─ cuda-version 12.7.* is requested, but the channels only have 11.8, 12.0, 12.1, 12.2, 12.4, 12.5, 12.6, 12.8, 12.9, 13.0, 13.1, 13.2, 13.3
