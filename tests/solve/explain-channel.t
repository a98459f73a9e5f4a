# what is asked for is only in a channel that comes second
channels conda-forge nvidia
channel conda-forge
package cuda-nvcc 12.9.86 h_0
package cuda-nvcc 12.8.93 h_0
channel nvidia
package cuda-nvcc 13.0.88 0
request cuda-nvcc 13.*
explain
no set of packages meets the request
└─ cuda-nvcc 13.* is asked for, but all that match are left out
   └─ cuda-nvcc 13.0.88 of nvidia: a channel before it has the name (strict channel priority)
To take cuda-nvcc from nvidia in spite of the channel before it, ask for nvidia::cuda-nvcc.
