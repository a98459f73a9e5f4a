/* SPDX-License-Identifier: MIT */
/* cuBLAS from C, with the shared runtime: the matrices are filled by the host. */
#include <cuda_runtime_api.h>
#include <stdlib.h>

#include "gemm.h"

static int multiply(float *a, float *b, float *c)
{
	const float one = 1, zero = 0;
	float *da = NULL, *db = NULL, *dc = NULL;
	cublasHandle_t handle;

	for (int k = 0; k < K; k++)
		for (int row = 0; row < M; row++)
			a[k * M + row] = a_at(row, k);
	for (int col = 0; col < N; col++)
		for (int k = 0; k < K; k++)
			b[col * K + k] = b_at(k, col);
	if (cudaMalloc((void **)&da, M * K * sizeof(*a)) ||
		cudaMalloc((void **)&db, K * N * sizeof(*b)) ||
		cudaMalloc((void **)&dc, M * N * sizeof(*c)) || cublasCreate(&handle) ||
		cublasSetMatrix(M, K, sizeof(*a), a, M, da, M) ||
		cublasSetMatrix(K, N, sizeof(*b), b, K, db, K) ||
		cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, M, N, K, &one, da, M, db, K, &zero,
			dc, M) ||
		cublasGetMatrix(M, N, sizeof(*c), dc, M, c, M))
		return -1;
	return cublasDestroy(handle) ? -1 : 0;
}

int main(void)
{
	float *a = malloc(M * K * sizeof(*a)), *b = malloc(K * N * sizeof(*b)),
	      *c = malloc(M * N * sizeof(*c));
	int n = 0;

	if (!a || !b || !c || print_version() < 0)
		return 1;
	if (cudaGetDeviceCount(&n) != cudaSuccess || n == 0) {
		puts("no GPU: nothing was computed");
		return 0;
	}
	if (multiply(a, b, c) < 0) {
		fprintf(stderr, "cuBLAS failed: %s\n", cudaGetErrorString(cudaGetLastError()));
		return 1;
	}
	return compare(c);
}
