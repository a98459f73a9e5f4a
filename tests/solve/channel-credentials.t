# a channel with credentials in its URL keeps its place
channels https://me:s3cret@h/a https://h/t/s3cret/b https://h/c
channel https://h/a
package cuda-nvcc 12.9.86 h_0
channel https://h/b
package cuda-nvcc 13.0.88 0
package gcc 14.3 0
channel https://h/c
package cuda-nvcc 13.1 0
package gcc 15.2 0
request cuda-nvcc
request gcc
expect
cuda-nvcc 12.9.86 h_0 a
gcc 14.3 0 b
