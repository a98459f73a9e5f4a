# a build for GPUs, and no driver assumed
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request pytorch * cuda*
request python 3.12.*
explain
no set of packages satisfies the request
└─ pytorch * cuda* is requested
   └─ pytorch 2.12.0 to 2.0.0 (13 versions) needs __cuda, which is assumed to be absent
No NVIDIA driver is assumed. If the target machine has one, declare the CUDA version that it supports: "system-requirements": {"cuda": "13.0"}.
