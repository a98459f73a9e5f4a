/* SPDX-License-Identifier: MIT */
/* cuBLAS from CUDA, with the static runtime: the matrices are filled by a kernel. */
#include <cstdio>

#include "gemm.h"

__global__ void fill(float *a, float *b)
{
	for (int i = threadIdx.x; i < M * K; i += blockDim.x)
		a[i] = (i % M * 7 + i / M * 3) % 11 - 5;
	for (int i = threadIdx.x; i < K * N; i += blockDim.x)
		b[i] = (i % K * 5 + i / K * 2) % 13 - 6;
}

int main()
{
	const float one = 1, zero = 0;
	float *a, *b, *c;
	cublasHandle_t handle;
	int n = 0;

	if (print_version() < 0)
		return 1;
	if (cudaGetDeviceCount(&n) != cudaSuccess || n == 0) {
		std::puts("no GPU: nothing was computed");
		return 0;
	}
	if (cudaMallocManaged(&a, M * K * sizeof(*a)) || cudaMallocManaged(&b, K * N * sizeof(*b)) ||
		cudaMallocManaged(&c, M * N * sizeof(*c)) || cublasCreate(&handle))
		return 1;
	fill<<<1, 128>>>(a, b);
	if (cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, M, N, K, &one, a, M, b, K, &zero, c, M) ||
		cudaDeviceSynchronize() || cublasDestroy(handle)) {
		std::fprintf(stderr, "cuBLAS failed: %s\n", cudaGetErrorString(cudaGetLastError()));
		return 1;
	}
	return compare(c);
}
