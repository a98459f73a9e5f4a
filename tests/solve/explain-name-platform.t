# the name for another platform
records linux-aarch64
virtual __archspec 1 aarch64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request gxx_linux-64
explain
no set of packages satisfies the request
└─ gxx_linux-64 is requested, but no channel has it
The platform is linux-aarch64: did you mean gxx_linux-aarch64?
