# a driver limits cuda-version; what needs none is not held back by its absence
virtual __cuda 12.4
package cuda-version 12.4 h_0
	constrains __cuda >=12
package cuda-version 13.0 h_0
	constrains __cuda >=13
package app 1.0 cuda_0 number 1
	depends __cuda
	depends cuda-version
request app
expect
app 1.0 cuda_0
cuda-version 12.4 h_0
