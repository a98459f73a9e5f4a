# a pin against what is asked for
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
request gxx_linux-64 14.*
pin gcc_impl_linux-64 <14
explain
no set of packages satisfies the request
└─ gxx_linux-64 14.* is requested
   └─ gxx_linux-64 14.4.0, 14.3.0, 14.2.0 each needs its own gcc_linux-64 (==14.4.0 hc469d41_0, ==14.3.0 h50e9bb6_27, …)
      └─ gcc_linux-64 14.4.0, 14.3.0, 14.2.0 needs gcc_impl_linux-64 14.4.0.* or 14.3.0.* or 14.2.0.*, but all matches are excluded
         └─ gcc_impl_linux-64 14.4.0, 14.3.0, 14.2.0: does not match the pin "gcc_impl_linux-64 <14"
The pin "gcc_impl_linux-64 <14" excludes every match: widen it.
