# constrains limits what is there and pulls nothing in; the record with one is no worse for it
package nvcc 13.0 h_0
	constrains gcc >=6,<16
	constrains clang >=99
package gcc 15.2 h_0
package gcc 16.1 h_0
request gcc
request nvcc
expect
gcc 15.2 h_0
nvcc 13.0 h_0
