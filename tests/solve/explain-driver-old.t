# a driver for CUDA 12 and a toolkit of CUDA 13
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
virtual __cuda 12.4
request cuda-nvcc-impl
request cuda-version 13.0.*
explain
no set of packages satisfies the request
└─ cuda-version 13.0.* is requested
   └─ cuda-version 13.0 works only with __cuda >=13, but it is assumed to be 12.4
The assumed driver supports CUDA 12.4: request CUDA 12, or raise system-requirements.cuda if the target machine has a newer driver.
