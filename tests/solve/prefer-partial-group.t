# which dependencies are common depends on who is asked for: of the two cuda builds the newer mkl decides,
# although the cpu build has none
package app 1.0 cpu_0 date 2025-01-03
	depends blas
package app 1.0 cuda_a_0 date 2025-01-01
	depends blas
	depends mkl >=2
package app 1.0 cuda_b_0 date 2025-01-02
	depends blas
	depends mkl <2
package blas 1.0 h_0
package mkl 1.0 h_0
package mkl 2.0 h_0
request app * cuda_*
expect
app 1.0 cuda_a_0
blas 1.0 h_0
mkl 2.0 h_0
