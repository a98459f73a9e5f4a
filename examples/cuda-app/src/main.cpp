/* SPDX-License-Identifier: MIT */
/*
 * What a CUDA toolchain must give: headers, the runtime, a compiler at build time (saxpy.cu) and one at run time
 * (nvrtc_kernel.cpp). Without a GPU it does what can be done without one, says so, and ends well.
 */
#include <cuda_runtime.h>
#include <nvrtc.h>

#include <cstdio>

#include "app.h"

static const float factor = 2.0f;

/* x = 0, 1, 2, …; y = 1: a whole number below 2^24 is exact in a float, so that the results must be equal. */
static bool check_numbers(const char *who, void (*work)(const std::vector<float> &, std::vector<float> &))
{
	const size_t n = 1 << 20;
	std::vector<float> x(n), y(n, 1.0f);
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++)
		x[i] = float(i);
	work(x, y);
	for (size_t i = 0; i < n; i++)
		wrong += y[i] != factor * float(i) + 1.0f;
	std::printf("%-13s y[1]=%g y[1000]=%g y[%zu]=%.0f, %zu of %zu right\n", who, y[1], y[1000], n - 1, y[n - 1],
		n - wrong, n);
	return wrong == 0;
}

static Compiled kernel;

static int with_gpu()
{
	cudaDeviceProp p;
	bool good;

	if (cudaGetDeviceProperties(&p, 0) != cudaSuccess)
		throw std::runtime_error("cudaGetDeviceProperties failed");
	std::printf("GPU:          %s, compute capability %d.%d\n", p.name, p.major, p.minor);
	kernel = compile(p.major * 10 + p.minor);
	std::printf("NVRTC:        %zu bytes for %s\n", kernel.image.size(), kernel.arch.c_str());
	good = check_numbers("nvcc kernel:", [](const auto &x, auto &y) { saxpy(factor, x, y); });
	good &= check_numbers("NVRTC kernel:", [](const auto &x, auto &y) { run(kernel, factor, x, y); });
	std::printf("%s\n", good ? "All numbers are right." : "WRONG NUMBERS");
	return good ? 0 : 1;
}

static int without_gpu(cudaError_t why)
{
	kernel = compile(0);
	std::printf("NVRTC:        %zu bytes of PTX for %s\n", kernel.image.size(), kernel.arch.c_str());
	std::printf("GPU:          none (%s); the kernels were compiled, not run\n", cudaGetErrorString(why));
	return 0;
}

int main()
try {
	int runtime = 0, driver = 0, major = 0, minor = 0, devices = 0;
	cudaError_t e;

	cudaRuntimeGetVersion(&runtime);
	cudaDriverGetVersion(&driver);
	nvrtcVersion(&major, &minor);
	std::printf("CUDA runtime: %s\n", version(runtime).c_str());
	std::printf("CUDA driver:  %s\n", driver ? version(driver).c_str() : "none");
	std::printf("NVRTC:        %d.%d\n", major, minor);
	e = cudaGetDeviceCount(&devices);
	return e == cudaSuccess && devices > 0 ? with_gpu() : without_gpu(e);
} catch (const std::exception &e) {
	std::fprintf(stderr, "cuda-app: %s\n", e.what());
	return 1;
}
