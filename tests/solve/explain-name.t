# a misspelt name
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request cuda-nvcc-imp
request cuda-version 12.9.*
explain
no set of packages satisfies the request
└─ cuda-nvcc-imp is requested, but no channel has it
cuda-nvcc-imp: did you mean cuda-nvcc-impl or cuda-nvvm-impl?
