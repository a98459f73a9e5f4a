// SPDX-License-Identifier: MIT
// Versions of the CUDA runtime and NVRTC, and a kernel compiled at run time; no GPU needed.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <cuda_runtime.h>
#include <nvrtc.h>
#include <thrust/version.h>

__global__ void scale(float *x, float by)
{
	x[threadIdx.x] *= by;
}

static void must(nvrtcResult r)
{
	if (r != NVRTC_SUCCESS) {
		std::printf("nvrtc: %s\n", nvrtcGetErrorString(r));
		std::exit(1);
	}
}

static size_t ptx_size()
{
	const char *source = "#include <cuda_fp16.h>\n"
			     "extern \"C\" __global__ void k(float *x) { x[0] = __half2float(2); }";
	std::string include = std::string("-I") + CUDA_INCLUDE;
	const char *options[] = {"--gpu-architecture=compute_75", include.c_str()};
	nvrtcProgram program;
	size_t size = 0;

	must(nvrtcCreateProgram(&program, source, "k.cu", 0, nullptr, nullptr));
	must(nvrtcCompileProgram(program, 2, options));
	must(nvrtcGetPTXSize(program, &size));
	must(nvrtcDestroyProgram(&program));
	return size;
}

int main()
{
	int runtime = 0, major = 0, minor = 0;

	if (cudaRuntimeGetVersion(&runtime) != cudaSuccess)
		return 1;
	must(nvrtcVersion(&major, &minor));
	std::printf("runtime %d nvrtc %d.%d ptx %s\n", runtime, major, minor,
		    ptx_size() > 100 ? "ok" : "short");
	return 0;
}
