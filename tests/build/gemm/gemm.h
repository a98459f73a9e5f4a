/* SPDX-License-Identifier: MIT */
/* What both programs do: a product of matrices with small whole numbers, so that float is exact. */
#ifndef GEMM_H
#define GEMM_H

#include <cublas_v2.h>
#include <stdio.h>

enum {
	M = 129,
	N = 65,
	K = 33
};

/* Needs no GPU: the library itself says which it is. */
static int print_version(void)
{
	int major = 0, minor = 0, patch = 0;

	if (cublasGetProperty(MAJOR_VERSION, &major) != CUBLAS_STATUS_SUCCESS ||
		cublasGetProperty(MINOR_VERSION, &minor) != CUBLAS_STATUS_SUCCESS ||
		cublasGetProperty(PATCH_LEVEL, &patch) != CUBLAS_STATUS_SUCCESS)
		return -1;
	printf("cuBLAS %d.%d.%d\n", major, minor, patch);
	return 0;
}

/* Column-major, as cuBLAS has it. */
static float a_at(int row, int k)
{
	return (float)((row * 7 + k * 3) % 11 - 5);
}
static float b_at(int k, int col)
{
	return (float)((k * 5 + col * 2) % 13 - 6);
}

static int compare(const float *c)
{
	int right = 0;

	for (int col = 0; col < N; col++)
		for (int row = 0; row < M; row++) {
			float sum = 0;

			for (int k = 0; k < K; k++)
				sum += a_at(row, k) * b_at(k, col);
			right += c[col * M + row] == sum;
		}
	printf("GEMM: %d of %d numbers are right\n", right, M * N);
	return right == M * N ? 0 : 1;
}

#endif
