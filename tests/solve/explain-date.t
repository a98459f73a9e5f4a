# asked for before it came out
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl 13.2.*
exclude-newer 2025-06-01
explain
no set of packages satisfies the request
└─ cuda-nvcc-impl 13.2.* (component nvcc) is requested, but all matches are excluded
   └─ cuda-nvcc-impl 13.2.78, 13.2.51: newer than exclude-newer allows
exclude-newer excludes every match of cuda-nvcc-impl: choose a later date, or add an exception for it.
