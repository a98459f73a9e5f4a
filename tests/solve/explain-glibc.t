# libraries that need a newer glibc than the target has
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.17
virtual __linux 4.18
virtual __unix 0
request libcublas-dev
request cuda-version 13.0.*
explain
no set of packages satisfies the request
├─ cuda-version 13.0.* is requested
└─ libcublas-dev (component cublas) is requested
   ├─ libcublas-dev 13.6.0.2 to 12.8.3.14 (9 versions) needs __glibc >=2.28,<3.0.a0, but it is assumed to be 2.17
   └─ libcublas-dev 12.6.4.1 to 12.1.3.1 (5 versions) needs cuda-version >=12.6,<12.7.0a0 or >=12.4,<12.5.0a0 or >=12.1,<12.2.0a0
__glibc is assumed to be 2.17: set system-requirements.glibc if the target machine has a newer one.
