# an old Python with a new PyTorch
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
virtual __cuda 12.9
request python 3.9.*
request pytorch-gpu >=2.9
explain
no set of packages satisfies the request
├─ python 3.9.* is requested
│  └─ python 3.9.23 to 3.9.18 (5 versions) works only with python_abi 3.9.* *_cp39
└─ pytorch-gpu >=2.9 is requested
   └─ pytorch-gpu 2.12.0, 2.10.0, 2.9.1 each needs its own pytorch (2.12.0 cuda*_mkl*300, 2.10.0 cuda*_mkl*303, …)
      ├─ pytorch 2.12.0, 2.10.0 needs python_abi 3.14.* *_cp314
      └─ pytorch 2.12.0, 2.10.0, 2.9.1 needs python >=3.13,<3.14.0a0 or >=3.11,<3.12.0a0 or >=3.12,<3.13.0a0
