/* SPDX-License-Identifier: MIT */
/*
 * The table of CUDA's components and parts: one row a component, with all that is known of it. Every
 * other place that deals with CUDA's libraries reads it: the specs of ccenv.json, the .pc files, the
 * CMake toolchain file, `ccenv check`, docs/components.md. Package names were checked against the
 * channel's records.
 */
#include "model/cuda_parts.h"

#include <strings.h>

#include "base/attr.h"

/* What static libraries of the toolkit need of the system. */
#define SYSTEM_LIBS "-lrt -lpthread -ldl"

/* What the static libraries of mathematics call. libculibos.a is with the runtime until CUDA 12. */
#define STATIC_NEEDS "cuda-cudart-static", "cuda-culibos-static"

/* Of a part that is called the same everywhere: .pc file, -l and CMake. */
#define ALL_NAMES(name) .pc = name, .lib = name, .cmake = name

/* A library of NPP and its static form: they differ in their names only. */
#define NPP(name, what)                                                                            \
	{                                                                                          \
		ALL_NAMES(name), .requires = {"nppc"}, .summary = "NPP, " what                     \
	}
#define NPP_STATIC(name, what)                                                                     \
	{                                                                                          \
		ALL_NAMES(name "_static"), .packages = {"libnpp-static"},                          \
					   .requires = {"nppc_static"}, .is_static = true,         \
					   .summary = "NPP, " what " (static)"                     \
	}

static const struct ce_component components[] = {
	{
		.name = "cccl",
		.aliases = {"cub", "libcudacxx", "thrust"},
		.linux_specs = {"cuda-cccl_@"},
		.win_specs = {"cuda-cccl_@"},
		.summary = "CUB, Thrust, libcu++ as shipped with the toolkit",
		.parts =
			{
				{.pc = "cccl",
					.header = "cub/cub.cuh",
					.summary = "CUB, Thrust and libcu++"},
			},
	},
	{
		.name = "compat",
		.linux_specs = {"cuda-compat"},
		.summary = "newer user-mode driver for data center GPUs",
	},
	{
		.name = "cublas",
		.aliases = {"cublaslt", "nvblas"},
		.linux_specs = {"libcublas-dev"},
		.win_specs = {"libcublas-dev"},
		.summary = "dense linear algebra",
		.parts =
			{
				{ALL_NAMES("cublas"), .header = "cublas_v2.h",
					.requires = {"cublasLt"},
					.summary = "dense linear algebra"},
				{ALL_NAMES("cublasLt"), .header = "cublasLt.h",
					.summary = "matrix multiplication"},
				{.lib = "nvblas"},
			},
	},
	{
		.name = "cublas_static",
		.aliases = {"cublaslt_static"},
		.linux_specs = {"libcublas-dev", "libcublas-static", STATIC_NEEDS},
		.parts =
			{
				{ALL_NAMES("cublasLt_static"), .packages = {"libcublas-static"},
					.requires = {"culibos", "cudart_static"},
					.private_libs = "-lm", .is_static = true,
					.summary = "matrix multiplication (static)"},
				{ALL_NAMES("cublas_static"), .packages = {"libcublas-static"},
					.requires = {"cublasLt_static"}, .is_static = true,
					.summary = "dense linear algebra (static)"},
			},
	},
	{
		.name = "cudart",
		.aliases = {"cudart_static", "cudadevrt", "runtime"},
		.linux_specs = {"cuda-cudart-dev", "cuda-cudart-static", "cuda-crt-dev_@"},
		.win_specs = {"cuda-cudart-dev", "cuda-cudart-static", "cuda-crt-dev_@"},
		.summary = "CUDA runtime, shared and static",
		.parts =
			{
				{.pc = "cudadevrt",
					.lib = "cudadevrt",
					.packages = {"cuda-cudart-static_@"},
					.is_static = true,
					.summary = "runtime for device code"},
				{ALL_NAMES("cudart"), .header = "cuda_runtime_api.h",
					.summary = "runtime API"},
				{ALL_NAMES("cudart_static"), .header = "cuda_runtime_api.h",
					.packages = {"cuda-cudart-static_@"},
					.private_libs = SYSTEM_LIBS, .is_static = true,
					.summary = "runtime API (static)"},
			},
	},
	{
		.name = "cudnn",
		.linux_specs = {"cudnn"},
		.win_specs = {"cudnn"},
		.summary = "deep neural networks",
		.parts =
			{
				{.pc = "cudnn",
					.lib = "cudnn",
					.header = "cudnn.h",
					.packages = {"libcudnn-dev", "cudnn"},
					.in_prefix = true,
					.summary = "deep neural networks"},
			},
	},
	{
		.name = "cudss",
		.linux_specs = {"libcudss-dev"},
		.win_specs = {"libcudss-dev"},
		.summary = "direct sparse solvers",
		.parts =
			{
				{.pc = "cudss",
					.lib = "cudss",
					.header = "cudss.h",
					.in_prefix = true,
					.summary = "direct sparse solvers"},
			},
	},
	{
		.name = "cufft",
		.aliases = {"cufftw"},
		.linux_specs = {"libcufft-dev"},
		.win_specs = {"libcufft-dev"},
		.summary = "Fourier transforms",
		.parts =
			{
				{ALL_NAMES("cufft"), .header = "cufft.h",
					.summary = "Fourier transforms"},
				{ALL_NAMES("cufftw"), .header = "cufftw.h", .requires = {"cufft"},
					.summary = "FFTW's API over cuFFT"},
			},
	},
	{
		.name = "cufft_static",
		.aliases = {"cufftw_static"},
		.linux_specs = {"libcufft-dev", "libcufft-static", STATIC_NEEDS},
		.parts =
			{
				{ALL_NAMES("cufft_static"), .packages = {"libcufft-static"},
					.requires = {"culibos", "cudart_static"}, .is_static = true,
					.summary = "Fourier transforms (static)"},
				{.lib = "cufft_static_nocallback",
					.cmake = "cufft_static_nocallback"},
				{.lib = "cufftw_static",
					.cmake = "cufftw_static",
					.is_static = true},
			},
	},
	{
		.name = "cufile",
		.linux_specs = {"libcufile-dev"},
		.summary = "GPUDirect storage",
		.parts =
			{
				{.pc = "cufile",
					.lib = "cufile",
					.cmake = "cuFile",
					.header = "cufile.h",
					.summary = "GPUDirect storage"},
				{.lib = "cufile_rdma", .cmake = "cuFile_rdma"},
				{.lib = "cufile_rdma_static",
					.cmake = "cuFile_rdma_static",
					.is_static = true},
				{.lib = "cufile_static",
					.cmake = "cuFile_static",
					.is_static = true},
			},
	},
	{
		.name = "culibos",
		.linux_specs = {STATIC_NEEDS},
		.summary = "helper of the static libraries",
		.parts =
			{
				{ALL_NAMES("culibos"),
					.packages = {"cuda-culibos-static", "cuda-cudart-static"},
					.private_libs = SYSTEM_LIBS, .is_static = true,
					.summary = "helper of the static libraries"},
			},
	},
	{
		.name = "cuobjdump",
		.linux_specs = {"cuda-cuobjdump"},
		.win_specs = {"cuda-cuobjdump"},
		.build_specs = {"cuda-cuobjdump"},
		.summary = "disassembler of binaries",
	},
	{
		.name = "cupti",
		.linux_specs = {"cuda-cupti-dev"},
		.win_specs = {"cuda-cupti-dev"},
		.summary = "profiling interface",
		.parts =
			{
				{ALL_NAMES("cupti"), .header = "cupti.h",
					.summary = "profiling interface"},
				{.lib = "cupti_static", .cmake = "cupti_static", .is_static = true},
				{.lib = "nvperf_host", .cmake = "nvperf_host"},
				{.lib = "nvperf_host_static",
					.cmake = "nvperf_host_static",
					.is_static = true},
				{.lib = "nvperf_target", .cmake = "nvperf_target"},
				{.lib = "pcsamplingutil", .cmake = "pcsamplingutil"},
			},
	},
	{
		.name = "curand",
		.linux_specs = {"libcurand-dev"},
		.win_specs = {"libcurand-dev"},
		.summary = "random numbers",
		.parts =
			{
				{ALL_NAMES("curand"), .header = "curand.h",
					.summary = "random numbers"},
			},
	},
	{
		.name = "curand_static",
		.linux_specs = {"libcurand-dev", "libcurand-static", STATIC_NEEDS},
		.parts =
			{
				{ALL_NAMES("curand_static"), .packages = {"libcurand-static"},
					.requires = {"culibos", "cudart_static"}, .is_static = true,
					.summary = "random numbers (static)"},
			},
	},
	{
		.name = "cusolver",
		.aliases = {"cusolvermg"},
		.linux_specs = {"libcusolver-dev"},
		.win_specs = {"libcusolver-dev"},
		.summary = "dense and sparse solvers",
		.parts =
			{
				{ALL_NAMES("cusolver"), .header = "cusolverDn.h",
					.requires = {"cublas", "cusparse", "nvjitlink"},
					.summary = "dense and sparse solvers"},
				{.pc = "cusolverMg",
					.lib = "cusolverMg",
					.header = "cusolverMg.h",
					.requires = {"cublas"},
					.summary = "solvers over several GPUs"},
			},
	},
	{
		.name = "cusolver_static",
		.linux_specs = {"libcusolver-dev", "libcusolver-static", STATIC_NEEDS},
		.parts =
			{
				{.lib = "cusolver_lapack_static",
					.cmake = "cusolver_lapack_static",
					.is_static = true},
				{.lib = "cusolver_metis_static",
					.cmake = "cusolver_metis_static",
					.is_static = true},
				{.lib = "cusolver_static",
					.cmake = "cusolver_static",
					.is_static = true},
			},
	},
	{
		.name = "cusparse",
		.linux_specs = {"libcusparse-dev"},
		.win_specs = {"libcusparse-dev"},
		.summary = "sparse linear algebra",
		.parts =
			{
				{ALL_NAMES("cusparse"), .header = "cusparse.h",
					.requires = {"nvjitlink"},
					.summary = "sparse linear algebra"},
			},
	},
	{
		.name = "cusparse_static",
		.linux_specs = {"libcusparse-dev", "libcusparse-static", STATIC_NEEDS},
		.parts =
			{
				{ALL_NAMES("cusparse_static"), .packages = {"libcusparse-static"},
					.requires = {"nvjitlink_static", "culibos",
						"cudart_static"},
					.is_static = true,
					.summary = "sparse linear algebra (static)"},
			},
	},
	{
		.name = "cusparselt",
		.linux_specs = {"cusparselt"},
		.win_specs = {"cusparselt"},
		.summary = "structured sparse matrix products",
		.parts =
			{
				{.pc = "cusparseLt",
					.lib = "cusparseLt",
					.header = "cusparseLt.h",
					.in_prefix = true,
					.summary = "structured sparse matrix products"},
			},
	},
	{
		.name = "cutensor",
		.linux_specs = {"cutensor"},
		.win_specs = {"cutensor"},
		.summary = "tensor contractions",
		.parts =
			{
				{.pc = "cutensor",
					.lib = "cutensor",
					.header = "cutensor.h",
					.packages = {"libcutensor-dev", "cutensor"},
					.in_prefix = true,
					.summary = "tensor contractions"},
			},
	},
	{
		.name = "cuxxfilt",
		.linux_specs = {"cuda-cuxxfilt"},
		.win_specs = {"cuda-cuxxfilt"},
		.build_specs = {"cuda-cuxxfilt"},
		.summary = "name demangler",
		.parts =
			{
				{.lib = "cufilt", .cmake = "cufilt"},
			},
	},
	{
		.name = "driver",
		.aliases = {"cuda", "cuda_driver"},
		.linux_specs = {"cuda-driver-dev_@", "cuda-cudart-dev_@"},
		.win_specs = {"cuda-cudart-dev"},
		.summary = "driver API: cuda.h and the link stub",
		.parts =
			{
				{.pc = "cuda",
					.lib = "cuda",
					.cmake = "cuda_driver",
					.header = "cuda.h",
					.in_stubs = true,
					.summary = "driver API"},
			},
	},
	{
		.name = "gdb",
		.linux_specs = {"cuda-gdb"},
		.summary = "debugger",
	},
	{
		.name = "nccl",
		.linux_specs = {"nccl"},
		.summary = "collectives between GPUs",
		.parts =
			{
				{.pc = "nccl",
					.lib = "nccl",
					.header = "nccl.h",
					.in_prefix = true,
					.summary = "collectives between GPUs"},
			},
	},
	{
		.name = "npp",
		.aliases = {"nppc", "nppial", "nppicc", "nppidei", "nppif", "nppig", "nppim",
			"nppist", "nppisu", "nppitc", "npps"},
		.linux_specs = {"libnpp-dev"},
		.win_specs = {"libnpp-dev"},
		.summary = "image and signal processing",
		.parts =
			{
				{ALL_NAMES("nppc"), .summary = "NPP, core"},
				NPP("nppial", "arithmetic"),
				NPP("nppicc", "color conversion"),
				NPP("nppidei", "data exchange"),
				NPP("nppif", "filters"),
				NPP("nppig", "geometry"),
				NPP("nppim", "morphology"),
				NPP("nppist", "statistics"),
				NPP("nppisu", "support"),
				NPP("nppitc", "thresholds"),
				NPP("npps", "signals"),
				{.lib = "nppicom", .cmake = "nppicom"},
			},
	},
	{
		.name = "npp_static",
		.linux_specs = {"libnpp-dev", "libnpp-static", STATIC_NEEDS},
		.parts =
			{
				{ALL_NAMES("nppc_static"), .packages = {"libnpp-static"},
					.is_static = true, .summary = "NPP, core (static)"},
				NPP_STATIC("nppial", "arithmetic"),
				NPP_STATIC("nppicc", "color conversion"),
				NPP_STATIC("nppidei", "data exchange"),
				NPP_STATIC("nppif", "filters"),
				NPP_STATIC("nppig", "geometry"),
				NPP_STATIC("nppim", "morphology"),
				NPP_STATIC("nppist", "statistics"),
				NPP_STATIC("nppisu", "support"),
				NPP_STATIC("nppitc", "thresholds"),
				NPP_STATIC("npps", "signals"),
				{.lib = "nppicom_static",
					.cmake = "nppicom_static",
					.is_static = true},
			},
	},
	/* nvcc comes with its host compiler: the gcc that fits is chosen by the solver, because nvcc's
	 * packages constrain gcc_impl. gcc_impl_* and not gcc_*: the latter only add activation
	 * scripts. cuda-driver-dev is the link stub of libcuda, without which nothing that uses the
	 * driver API links on a machine without a driver. */
	{
		.name = "nvcc",
		.aliases = {"toolchain"},
		.linux_specs = {"cuda-nvcc-impl", "cuda-driver-dev_@", "gcc_impl_@", "gxx_impl_@"},
		.win_specs = {"cuda-nvcc-impl"},
		/* The headers of nvcc are with both: there they limit gcc, here they are read. */
		.build_specs = {"cuda-nvcc-tools", "cuda-nvcc-dev_@", "gcc_impl_@", "gxx_impl_@"},
		.host_specs = {"cuda-nvcc-dev_@", "cuda-cudart-dev", "cuda-driver-dev_@"},
		.summary = "compiler, and gcc for host code",
	},
	{
		.name = "nvdisasm",
		.linux_specs = {"cuda-nvdisasm"},
		.win_specs = {"cuda-nvdisasm"},
		.build_specs = {"cuda-nvdisasm"},
		.summary = "disassembler of cubins",
	},
	{
		.name = "nvfatbin",
		.linux_specs = {"libnvfatbin-dev"},
		.win_specs = {"libnvfatbin-dev"},
		.summary = "fat binaries at run time",
		.parts =
			{
				{ALL_NAMES("nvfatbin"), .header = "nvFatbin.h",
					.summary = "fat binaries at run time"},
			},
	},
	{
		.name = "nvfatbin_static",
		.linux_specs = {"libnvfatbin-dev", "libnvfatbin-static"},
		.parts =
			{
				{ALL_NAMES("nvfatbin_static"), .packages = {"libnvfatbin-static"},
					.is_static = true,
					.summary = "fat binaries at run time (static)"},
			},
	},
	{
		.name = "nvjitlink",
		.linux_specs = {"libnvjitlink-dev"},
		.win_specs = {"libnvjitlink-dev"},
		.summary = "device linker at run time",
		.parts =
			{
				{.pc = "nvjitlink",
					.lib = "nvJitLink",
					.cmake = "nvJitLink",
					.header = "nvJitLink.h",
					.summary = "device linker at run time"},
			},
	},
	{
		.name = "nvjitlink_static",
		.linux_specs = {"libnvjitlink-dev", "libnvjitlink-static"},
		.parts =
			{
				{.pc = "nvjitlink_static",
					.lib = "nvJitLink_static",
					.cmake = "nvJitLink_static",
					.packages = {"libnvjitlink-static"},
					.requires = {"nvptxcompiler_static"},
					.is_static = true,
					.summary = "device linker at run time (static)"},
			},
	},
	{
		.name = "nvjpeg",
		.linux_specs = {"libnvjpeg-dev"},
		.win_specs = {"libnvjpeg-dev"},
		.summary = "JPEG",
		.parts =
			{
				{ALL_NAMES("nvjpeg"), .header = "nvjpeg.h", .summary = "JPEG"},
			},
	},
	{
		.name = "nvjpeg_static",
		.linux_specs = {"libnvjpeg-dev", "libnvjpeg-static", STATIC_NEEDS},
		.parts =
			{
				{ALL_NAMES("nvjpeg_static"), .packages = {"libnvjpeg-static"},
					.requires = {"culibos", "cudart_static"}, .is_static = true,
					.summary = "JPEG (static)"},
			},
	},
	{
		.name = "nvml",
		.aliases = {"nvidia-ml"},
		.linux_specs = {"cuda-nvml-dev"},
		.win_specs = {"cuda-nvml-dev"},
		.summary = "device management",
		.parts =
			{
				{.pc = "nvidia-ml",
					.lib = "nvidia-ml",
					.cmake = "nvml",
					.header = "nvml.h",
					.in_stubs = true,
					.summary = "device management"},
				{.lib = "nvidia-ml_static",
					.cmake = "nvml_static",
					.is_static = true},
			},
	},
	{
		.name = "nvprune",
		.linux_specs = {"cuda-nvprune"},
		.win_specs = {"cuda-nvprune"},
		.build_specs = {"cuda-nvprune"},
		.summary = "prunes static libraries",
	},
	{
		.name = "nvptxcompiler",
		.aliases = {"nvptxcompiler_static"},
		.linux_specs = {"libnvptxcompiler-dev"},
		.win_specs = {"libnvptxcompiler-dev"},
		.summary = "ptxas as a library",
		.parts =
			{
				{ALL_NAMES("nvptxcompiler_static"), .header = "nvPTXCompiler.h",
					.private_libs = "-lpthread -lm", .is_static = true,
					.summary = "ptxas as a library (static)"},
			},
	},
	{
		.name = "nvrtc",
		.linux_specs = {"cuda-nvrtc-dev"},
		.win_specs = {"cuda-nvrtc-dev"},
		.summary = "compiler at run time",
		.parts =
			{
				{ALL_NAMES("nvrtc"), .header = "nvrtc.h",
					.summary = "compiler at run time"},
				{.lib = "nvrtc-builtins", .cmake = "nvrtc_builtins"},
			},
	},
	{
		.name = "nvrtc_static",
		.aliases = {"nvrtc_builtins_static"},
		.linux_specs = {"cuda-nvrtc-dev", "cuda-nvrtc-static"},
		.parts =
			{
				{.pc = "nvrtc_builtins_static",
					.lib = "nvrtc-builtins_static",
					.cmake = "nvrtc_builtins_static",
					.packages = {"cuda-nvrtc-static"},
					.is_static = true,
					.summary = "built-in headers of nvrtc_static"},
				{ALL_NAMES("nvrtc_static"), .packages = {"cuda-nvrtc-static"},
					.requires = {"nvrtc_builtins_static",
						"nvptxcompiler_static"},
					.private_libs = SYSTEM_LIBS, .is_static = true,
					.summary = "compiler at run time (static)"},
			},
	},
	{
		.name = "nvtx",
		.aliases = {"nvtx3", "nvtoolsext"},
		.linux_specs = {"cuda-nvtx-dev"},
		.win_specs = {"cuda-nvtx-dev"},
		.summary = "ranges and marks for profilers",
		.parts =
			{
				{.pc = "nvtx3",
					.header = "nvtx3/nvToolsExt.h",
					.private_libs = "-ldl",
					.summary = "ranges and marks for profilers"},
				{.lib = "nvToolsExt", .cmake = "nvToolsExt"},
				{.lib = "nvtx3interop", .cmake = "nvtx3_interop"},
			},
	},
	{
		.name = "nvvm",
		.linux_specs = {"cuda-nvvm-impl", "cuda-nvvm-dev_@"},
		.win_specs = {"cuda-nvvm-impl", "cuda-nvvm-dev_@"},
		.summary = "libnvvm",
		.parts = {{.lib = "nvvm"}},
	},
	{
		.name = "opencl",
		.not_on_aarch64 = true,
		.linux_specs = {"cuda-opencl-dev"},
		.win_specs = {"cuda-opencl-dev"},
		.summary = "OpenCL",
		.parts =
			{
				{.lib = "OpenCL", .cmake = "OpenCL"},
			},
	},
	{
		.name = "profiler",
		.aliases = {"profiler_api"},
		.linux_specs = {"cuda-profiler-api"},
		.win_specs = {"cuda-profiler-api"},
		.summary = "profiler control",
	},
	{
		.name = "sanitizer",
		.linux_specs = {"cuda-sanitizer-api"},
		.win_specs = {"cuda-sanitizer-api"},
		.summary = "compute-sanitizer",
		.parts =
			{
				{.lib = "sanitizer-public", .cmake = "sanitizer"},
			},
	},
	{.name = NULL},
};

/* What FindCUDAToolkit looks for, and conda-forge has no package of. */
static const struct ce_cuda_part others[] = {
	{.lib = "cudla", .cmake = "cudla"},
	{.lib = "nvgraph", .cmake = "nvgraph"},
	{.lib = "nvgraph_static", .cmake = "nvgraph_static", .is_static = true},
};

const struct ce_component *ce_component_list(void)
{
	return components;
}

const struct ce_component *ce_component_find(const char *name)
{
	for (const struct ce_component *c = components; c->name; c++) {
		if (strcasecmp(c->name, name) == 0)
			return c;
		for (size_t i = 0; c->aliases[i]; i++)
			if (strcasecmp(c->aliases[i], name) == 0)
				return c;
	}
	return NULL;
}

static bool is_part(const struct ce_cuda_part *part)
{
	return part->lib || part->header;
}

bool ce_component_is_library(const struct ce_component *c)
{
	return c->summary && is_part(&c->parts[0]) && !c->parts[0].in_stubs;
}

const struct ce_cuda_part *ce_cuda_part_at(size_t i, const struct ce_component **ret_component)
{
	for (const struct ce_component *c = components; c->name; c++)
		for (size_t n = 0; is_part(&c->parts[n]); n++, i--)
			if (i == 0) {
				*ret_component = c;
				return &c->parts[n];
			}
	*ret_component = NULL;
	return i < CE_COUNT(others) ? &others[i] : NULL;
}
