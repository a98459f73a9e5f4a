# asked for before it came out
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-impl 13.2.*
exclude-newer 2025-06-01
explain
no set of packages meets the request
└─ cuda-nvcc-impl 13.2.* is asked for, but all that match are left out
   └─ cuda-nvcc-impl 13.2.78, 13.2.51: later than exclude-newer
exclude-newer leaves cuda-nvcc-impl out: choose a later date, or make an exception for it.
