# no PyTorch was built for this release
records linux-64
virtual __archspec 1 x86_64
virtual __glibc 2.28
virtual __linux 4.18
virtual __unix 0
virtual __cuda 13.3
request cuda-version 12.2.*
request pytorch-gpu
explain
no set of packages satisfies the request
├─ cuda-version 12.2.* is requested
│  └─ cuda-version 12.2 works only with cudatoolkit 12.2|12.2.*
└─ pytorch-gpu is requested
   └─ pytorch-gpu 2.12.0 to 2.0.0 (11 versions) each needs its own pytorch (2.12.0 cuda*_mkl*300, 2.10.0 cuda*_mkl*303, …)
      ├─ pytorch 2.12.0 to 2.5.1 (8 versions) needs cuda-version >=12.9,<13 or >=13.0,<14 or >=12.6,<13
      ├─ pytorch 2.4.1 needs cuda-nvtx >=12.0.76,<13.0a0
      │  └─ cuda-nvtx 12.9.79 to 12.1.105 (11 versions) each needs its own cuda-version (>=12.9,<12.10.0a0, >=12.8,<12.9.0a0, …)
      └─ pytorch 2.4.0, 2.0.0 needs cudatoolkit >=11.8,<12 or >=11.2,<12
pytorch-gpu exists for CUDA 13.3, 13.2, 13.1, 13.0, 12.9, 12.8, 12.6, 12.5, 12.4, 12.1, 11.8, not for CUDA 12.2. Request one of these releases, or leave pytorch-gpu out.
