/* SPDX-License-Identifier: MIT */
#include <cuda_runtime.h>

#include "app.h"

static __global__ void saxpy_kernel(size_t n, float a, const float *x, float *y)
{
	size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;

	if (i < n)
		y[i] = a * x[i] + y[i];
}

static void check(cudaError_t e, const char *what)
{
	if (e != cudaSuccess)
		throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(e));
}

void saxpy(float a, const std::vector<float> &x, std::vector<float> &y)
{
	size_t bytes = x.size() * sizeof(float);
	float *dx = nullptr, *dy = nullptr;

	check(cudaMalloc(&dx, bytes), "cudaMalloc");
	check(cudaMalloc(&dy, bytes), "cudaMalloc");
	check(cudaMemcpy(dx, x.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
	check(cudaMemcpy(dy, y.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
	saxpy_kernel<<<unsigned((x.size() + 255) / 256), 256>>>(x.size(), a, dx, dy);
	check(cudaGetLastError(), "saxpy_kernel");
	check(cudaMemcpy(y.data(), dy, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
	check(cudaFree(dx), "cudaFree");
	check(cudaFree(dy), "cudaFree");
}
