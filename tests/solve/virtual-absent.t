# without a driver constrains on __cuda are met, dependencies on it are not
package cuda-version 13.0 h_0
	constrains __cuda >=13
package app 1.0 cuda_1 number 1
	depends __cuda
package app 1.0 cpu_0
request app
request cuda-version
expect
app 1.0 cpu_0
cuda-version 13.0 h_0
