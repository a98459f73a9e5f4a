# a build for GPUs, and no driver assumed
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request pytorch * cuda*
request python 3.12.*
explain
no set of packages meets the request
└─ pytorch * cuda* is asked for
   └─ pytorch 2.12.0 to 2.0.0 (13 versions) needs __cuda, which is not assumed to be there
No driver is assumed. If the machine it is for has one, say which CUDA it serves: "system-requirements": {"cuda": "13.0"}.
