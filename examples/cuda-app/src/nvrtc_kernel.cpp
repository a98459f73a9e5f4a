/* SPDX-License-Identifier: MIT */
#include <cuda.h>
#include <cuda_runtime.h>
#include <nvrtc.h>

#include "app.h"

static const char source[] = R"(
extern "C" __global__ void saxpy_rtc(size_t n, float a, const float *x, float *y)
{
	size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;

	if (i < n)
		y[i] = a * x[i] + y[i];
}
)";

static void check(nvrtcResult e, const char *what)
{
	if (e != NVRTC_SUCCESS)
		throw std::runtime_error(std::string(what) + ": " + nvrtcGetErrorString(e));
}

static void check(cudaError_t e, const char *what)
{
	if (e != cudaSuccess)
		throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(e));
}

static void check(CUresult e, const char *what)
{
	if (e != CUDA_SUCCESS)
		throw std::runtime_error(std::string(what) + ": CUresult " + std::to_string(e));
}

Compiled compile(int capability)
{
	std::string arch = (capability ? "sm_" : "compute_") + std::to_string(capability ? capability : 75);
	std::string option = "--gpu-architecture=" + arch;
	const char *options[] = {option.c_str()};
	nvrtcProgram program;
	Compiled result{arch, {}};
	size_t size = 0;

	check(nvrtcCreateProgram(&program, source, "saxpy_rtc.cu", 0, nullptr, nullptr), "nvrtcCreateProgram");
	if (nvrtcCompileProgram(program, 1, options) != NVRTC_SUCCESS) {
		check(nvrtcGetProgramLogSize(program, &size), "nvrtcGetProgramLogSize");
		std::string log(size, '\0');
		check(nvrtcGetProgramLog(program, log.data()), "nvrtcGetProgramLog");
		throw std::runtime_error("NVRTC: " + log);
	}
	check(capability ? nvrtcGetCUBINSize(program, &size) : nvrtcGetPTXSize(program, &size), "size");
	result.image.resize(size);
	check(capability ? nvrtcGetCUBIN(program, result.image.data()) : nvrtcGetPTX(program, result.image.data()), "image");
	check(nvrtcDestroyProgram(&program), "nvrtcDestroyProgram");
	return result;
}

/*
 * The driver API is asked for by name, through the runtime: so the program is not linked with libcuda.so.1 and starts on
 * machines that have none.
 */
template <typename F> static F *driver(const char *name)
{
	void *f = nullptr;
	cudaDriverEntryPointQueryResult found;

	check(cudaGetDriverEntryPointByVersion(name, &f, 12000, cudaEnableDefault, &found), name);
	if (!f)
		throw std::runtime_error(std::string("the driver has no ") + name);
	return reinterpret_cast<F *>(f);
}

void run(const Compiled &kernel, float a, const std::vector<float> &x, std::vector<float> &y)
{
	auto load = driver<decltype(cuModuleLoadData)>("cuModuleLoadData");
	auto get_function = driver<decltype(cuModuleGetFunction)>("cuModuleGetFunction");
	auto launch = driver<decltype(cuLaunchKernel)>("cuLaunchKernel");
	auto unload = driver<decltype(cuModuleUnload)>("cuModuleUnload");
	size_t n = x.size(), bytes = n * sizeof(float);
	float *dx = nullptr, *dy = nullptr;
	CUmodule module;
	CUfunction function;

	/* The first call of the runtime also makes its context current for the driver API. */
	check(cudaMalloc(&dx, bytes), "cudaMalloc");
	check(cudaMalloc(&dy, bytes), "cudaMalloc");
	check(cudaMemcpy(dx, x.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
	check(cudaMemcpy(dy, y.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
	check(load(&module, kernel.image.data()), "cuModuleLoadData");
	check(get_function(&function, module, "saxpy_rtc"), "cuModuleGetFunction");
	void *arguments[] = {&n, &a, &dx, &dy};
	check(launch(function, unsigned((n + 255) / 256), 1, 1, 256, 1, 1, 0, nullptr, arguments, nullptr),
		"cuLaunchKernel");
	check(cudaMemcpy(y.data(), dy, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
	check(unload(module), "cuModuleUnload");
	check(cudaFree(dx), "cudaFree");
	check(cudaFree(dy), "cudaFree");
}
