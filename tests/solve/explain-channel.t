# what is asked for is only in a channel that comes second
channels conda-forge nvidia
channel conda-forge
package cuda-nvcc 12.9.86 h_0
package cuda-nvcc 12.8.93 h_0
channel nvidia
package cuda-nvcc 13.0.88 0
request cuda-nvcc 13.*
explain
no set of packages satisfies the request
└─ cuda-nvcc 13.* is requested, but all matches are excluded
   └─ cuda-nvcc 13.0.88 from nvidia: an earlier channel has this name (strict channel priority)
To use cuda-nvcc from nvidia although an earlier channel has it, request nvidia::cuda-nvcc.
