/* SPDX-License-Identifier: MIT */
/*
 * The libraries of a toolkit: which of them the prefix has. What exists on disk decides, not what
 * was asked for. The dependencies are those of CMake's FindCUDAToolkit.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "model/pkg.h"

enum {
	STATIC = 1 << 0, /* lib<name>.a; what it needs is always needed */
	STUB = 1 << 1,   /* lib/stubs/lib<name>.so: the library is the driver's */
	PREFIX = 1 << 2, /* in <prefix>/lib and include: not a part of the toolkit's own tree */
};

struct known_part {
	const char *name, *lib, *header;
	const char *packages; /* whose version it has: the first that is there */
	const char *requires, *private_libs;
	const char *description;
	unsigned flags;
};

#define SYSTEM_LIBS "-lrt -lpthread -ldl"
#define NPP(name, what)                                                                            \
	{name, name, NULL, "libnpp-dev", "nppc", NULL, "NPP, " what, 0},                           \
	{                                                                                          \
		name "_static", name "_static", NULL, "libnpp-static", "nppc_static", NULL,        \
			"NPP, " what " (static)", STATIC                                           \
	}

static const struct known_part known[] = {
	{"cccl", NULL, "cub/cub.cuh", "cuda-cccl_linux-64 cuda-cccl_linux-aarch64", NULL, NULL,
		"CUB, Thrust and libcu++", 0},
	{"cublas", "cublas", "cublas_v2.h", "libcublas-dev", "cublasLt", NULL,
		"dense linear algebra", 0},
	{"cublasLt", "cublasLt", "cublasLt.h", "libcublas-dev", NULL, NULL, "matrix multiplication",
		0},
	{"cublasLt_static", "cublasLt_static", NULL, "libcublas-static", "culibos cudart_static",
		"-lm", "matrix multiplication (static)", STATIC},
	{"cublas_static", "cublas_static", NULL, "libcublas-static", "cublasLt_static", NULL,
		"dense linear algebra (static)", STATIC},
	{"cuda", "cuda", "cuda.h", "cuda-driver-dev_linux-64 cuda-driver-dev_linux-aarch64", NULL,
		NULL, "driver API", STUB},
	{"cudadevrt", "cudadevrt", NULL,
		"cuda-cudart-static_linux-64 cuda-cudart-static_linux-aarch64", NULL, NULL,
		"runtime for device code", STATIC},
	{"cudart", "cudart", "cuda_runtime_api.h", "cuda-cudart-dev", NULL, NULL, "runtime API", 0},
	{"cudart_static", "cudart_static", "cuda_runtime_api.h",
		"cuda-cudart-static_linux-64 cuda-cudart-static_linux-aarch64", NULL, SYSTEM_LIBS,
		"runtime API (static)", STATIC},
	{"cudnn", "cudnn", "cudnn.h", "libcudnn-dev cudnn", NULL, NULL, "deep neural networks",
		PREFIX},
	{"cudss", "cudss", "cudss.h", "libcudss-dev", NULL, NULL, "direct sparse solvers", PREFIX},
	{"cufft", "cufft", "cufft.h", "libcufft-dev", NULL, NULL, "Fourier transforms", 0},
	{"cufft_static", "cufft_static", NULL, "libcufft-static", "culibos cudart_static", NULL,
		"Fourier transforms (static)", STATIC},
	{"cufftw", "cufftw", "cufftw.h", "libcufft-dev", "cufft", NULL, "FFTW's API over cuFFT", 0},
	{"cufile", "cufile", "cufile.h", "libcufile-dev", NULL, NULL, "GPUDirect storage", 0},
	{"culibos", "culibos", NULL, "cuda-culibos-static cuda-cudart-static", NULL, SYSTEM_LIBS,
		"helper of the static libraries", STATIC},
	{"cupti", "cupti", "cupti.h", "cuda-cupti-dev", NULL, NULL, "profiling interface", 0},
	{"curand", "curand", "curand.h", "libcurand-dev", NULL, NULL, "random numbers", 0},
	{"curand_static", "curand_static", NULL, "libcurand-static", "culibos cudart_static", NULL,
		"random numbers (static)", STATIC},
	{"cusolver", "cusolver", "cusolverDn.h", "libcusolver-dev", "cublas cusparse nvjitlink",
		NULL, "dense and sparse solvers", 0},
	{"cusolverMg", "cusolverMg", "cusolverMg.h", "libcusolver-dev", "cublas", NULL,
		"solvers over several GPUs", 0},
	{"cusparse", "cusparse", "cusparse.h", "libcusparse-dev", "nvjitlink", NULL,
		"sparse linear algebra", 0},
	{"cusparseLt", "cusparseLt", "cusparseLt.h", "cusparselt", NULL, NULL,
		"structured sparse matrix products", PREFIX},
	{"cusparse_static", "cusparse_static", NULL, "libcusparse-static",
		"nvjitlink_static culibos cudart_static", NULL, "sparse linear algebra (static)",
		STATIC},
	{"cutensor", "cutensor", "cutensor.h", "libcutensor-dev cutensor", NULL, NULL,
		"tensor contractions", PREFIX},
	{"nccl", "nccl", "nccl.h", "nccl", NULL, NULL, "collectives between GPUs", PREFIX},
	NPP("nppc", "core"),
	NPP("nppial", "arithmetic"),
	NPP("nppicc", "colour conversion"),
	NPP("nppidei", "data exchange"),
	NPP("nppif", "filters"),
	NPP("nppig", "geometry"),
	NPP("nppim", "morphology"),
	NPP("nppist", "statistics"),
	NPP("nppisu", "support"),
	NPP("nppitc", "thresholds"),
	NPP("npps", "signals"),
	{"nvfatbin", "nvfatbin", "nvFatbin.h", "libnvfatbin-dev", NULL, NULL,
		"fat binaries at run time", 0},
	{"nvfatbin_static", "nvfatbin_static", NULL, "libnvfatbin-static", NULL, NULL,
		"fat binaries at run time (static)", STATIC},
	{"nvidia-ml", "nvidia-ml", "nvml.h", "cuda-nvml-dev", NULL, NULL, "device management",
		STUB},
	{"nvjitlink", "nvJitLink", "nvJitLink.h", "libnvjitlink-dev", NULL, NULL,
		"device linker at run time", 0},
	{"nvjitlink_static", "nvJitLink_static", NULL, "libnvjitlink-static",
		"nvptxcompiler_static", NULL, "device linker at run time (static)", STATIC},
	{"nvjpeg", "nvjpeg", "nvjpeg.h", "libnvjpeg-dev", NULL, NULL, "JPEG", 0},
	{"nvjpeg_static", "nvjpeg_static", NULL, "libnvjpeg-static", "culibos cudart_static", NULL,
		"JPEG (static)", STATIC},
	{"nvptxcompiler_static", "nvptxcompiler_static", "nvPTXCompiler.h", "libnvptxcompiler-dev",
		NULL, "-lpthread -lm", "ptxas as a library (static)", STATIC},
	{"nvrtc", "nvrtc", "nvrtc.h", "cuda-nvrtc-dev", NULL, NULL, "compiler at run time", 0},
	{"nvrtc_builtins_static", "nvrtc-builtins_static", NULL, "cuda-nvrtc-static", NULL, NULL,
		"built-in headers of nvrtc_static", STATIC},
	{"nvrtc_static", "nvrtc_static", NULL, "cuda-nvrtc-static",
		"nvrtc_builtins_static nvptxcompiler_static", SYSTEM_LIBS,
		"compiler at run time (static)", STATIC},
	{"nvtx3", NULL, "nvtx3/nvToolsExt.h", "cuda-nvtx-dev", NULL, "-ldl",
		"ranges and marks for profilers", 0},
};

static bool is_there(const char *dir, const char *fmt_dir, const char *prefix, const char *name,
	const char *suffix)
{
	CE_AUTOFREE char *path = ce_asprintf("%s/%s/%s%s%s", dir, fmt_dir, prefix, name, suffix);
	struct stat st;

	return stat(path, &st) == 0;
}

/* Both what is linked and what is included must be there: -dev without the library is of no use. */
static bool find_files(const struct ce_emit_facts *f, const struct known_part *k, const char *base)
{
	if (k->lib && (k->flags & STATIC) && !is_there(base, "lib", "lib", k->lib, ".a"))
		return false;
	if (k->lib && (k->flags & STUB) && !is_there(base, "lib/stubs", "lib", k->lib, ".so"))
		return false;
	if (k->lib && !(k->flags & (STATIC | STUB)) && !is_there(base, "lib", "lib", k->lib, ".so"))
		return false;
	if (!k->header || is_there(base, "include", "", k->header, ""))
		return true;
	return f->has_cccl_dir && is_there(base, "include/cccl", "", k->header, "");
}

static const struct ce_pkg *package_of(const struct ce_emit_facts *f, const char *packages)
{
	for (const char *p = packages; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		CE_AUTOFREE char *name = ce_strndup(p, n);
		const struct ce_pkg *pkg = ce_emit_pkg_find(f, name);

		if (pkg)
			return pkg;
		p += n;
	}
	return NULL;
}

static int compare_parts(const void *x, const void *y)
{
	const struct ce_emit_part *a = x, *b = y;

	return strcmp(a->name, b->name);
}

void ce_emit_parts_find(struct ce_emit_facts *f)
{
	CE_AUTOFREE char *tree = ce_asprintf("%s/targets/%s", f->in->prefix, f->target);

	f->parts = ce_arena_array(&f->arena, CE_COUNT(known), sizeof(*f->parts));
	for (size_t i = 0; i < CE_COUNT(known); i++) {
		const struct known_part *k = &known[i];
		bool in_prefix = k->flags & PREFIX;

		if (!find_files(f, k, in_prefix ? f->in->prefix : tree))
			continue;
		f->parts[f->n_parts++] = (struct ce_emit_part){
			.name = k->name,
			.pkg = package_of(f, k->packages),
			.lib = k->lib,
			.requires = k->requires ? k->requires : "",
			.private_libs = k->private_libs ? k->private_libs : "",
			.description = k->description,
			.is_static = k->flags & STATIC,
			.in_stubs = k->flags & STUB,
			.in_prefix = in_prefix,
		};
	}
	qsort(f->parts, f->n_parts, sizeof(*f->parts), compare_parts);
}

const struct ce_emit_part *ce_emit_part_find(const struct ce_emit_facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_parts; i++)
		if (strcmp(f->parts[i].name, name) == 0)
			return &f->parts[i];
	return NULL;
}
