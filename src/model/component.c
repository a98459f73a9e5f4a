/* SPDX-License-Identifier: MIT */
/* The table from component to conda-forge package. Package names checked against the channel's
 * records. */

#include "model/component.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "model/platform.h"

/*
 * nvcc brings its host compiler: the gcc that fits is chosen by the solver, because nvcc's packages
 * constrain gcc_impl (1.4). gcc_impl_* and not gcc_*: the latter only add activation scripts.
 * cuda-driver-dev is the link stub of libcuda, without which nothing that uses the driver API links
 * on a machine without a driver.
 */
#define NVCC_LINUX "cuda-nvcc-impl cuda-driver-dev_@ gcc_impl_@ gxx_impl_@"

/* What the static libraries of mathematics call. libculibos.a is with the runtime until CUDA 12. */
#define STATIC_NEEDS "cuda-cudart-static cuda-culibos-static"

static const struct ce_component components[] = {
	{"cccl", "cub libcudacxx thrust", "cuda-cccl_@", "cuda-cccl_@",
		"CUB, Thrust, libcu++ as shipped with the toolkit"},
	{"compat", "", "cuda-compat", NULL, "newer user-mode driver for data-centre GPUs"},
	{"cublas", "cublaslt nvblas", "libcublas-dev", "libcublas-dev", "dense linear algebra"},
	{"cublas_static", "cublaslt_static", "libcublas-dev libcublas-static " STATIC_NEEDS, NULL,
		""},
	{"cudart", "cudart_static cudadevrt runtime",
		"cuda-cudart-dev cuda-cudart-static cuda-crt-dev_@",
		"cuda-cudart-dev cuda-cudart-static cuda-crt-dev_@",
		"CUDA runtime, shared and static"},
	{"cudnn", "", "cudnn", "cudnn", "deep neural networks"},
	{"cudss", "", "libcudss-dev", "libcudss-dev", "direct sparse solvers"},
	{"cufft", "cufftw", "libcufft-dev", "libcufft-dev", "Fourier transforms"},
	{"cufft_static", "cufftw_static", "libcufft-dev libcufft-static " STATIC_NEEDS, NULL, ""},
	{"cufile", "", "libcufile-dev", NULL, "GPUDirect storage"},
	{"culibos", "", STATIC_NEEDS, NULL, "helper of the static libraries"},
	{"cuobjdump", "", "cuda-cuobjdump", "cuda-cuobjdump", "disassembler of binaries"},
	{"cupti", "", "cuda-cupti-dev", "cuda-cupti-dev", "profiling interface"},
	{"curand", "", "libcurand-dev", "libcurand-dev", "random numbers"},
	{"curand_static", "", "libcurand-dev libcurand-static " STATIC_NEEDS, NULL, ""},
	{"cusolver", "cusolvermg", "libcusolver-dev", "libcusolver-dev",
		"dense and sparse solvers"},
	{"cusolver_static", "", "libcusolver-dev libcusolver-static " STATIC_NEEDS, NULL, ""},
	{"cusparse", "", "libcusparse-dev", "libcusparse-dev", "sparse linear algebra"},
	{"cusparse_static", "", "libcusparse-dev libcusparse-static " STATIC_NEEDS, NULL, ""},
	{"cusparselt", "", "cusparselt", "cusparselt", "structured sparse matrix products"},
	{"cutensor", "", "cutensor", "cutensor", "tensor contractions"},
	{"cuxxfilt", "", "cuda-cuxxfilt", "cuda-cuxxfilt", "name demangler"},
	{"driver", "cuda cuda_driver", "cuda-driver-dev_@ cuda-cudart-dev_@", "cuda-cudart-dev",
		"driver API: cuda.h and the link stub"},
	{"gdb", "", "cuda-gdb", NULL, "debugger"},
	{"nccl", "", "nccl", NULL, "collectives between GPUs"},
	{"npp", "nppc nppial nppicc nppidei nppif nppig nppim nppist nppisu nppitc npps",
		"libnpp-dev", "libnpp-dev", "image and signal processing"},
	{"npp_static", "", "libnpp-dev libnpp-static " STATIC_NEEDS, NULL, ""},
	{"nvcc", "toolchain", NVCC_LINUX, "cuda-nvcc-impl", "compiler, and gcc for host code"},
	{"nvdisasm", "", "cuda-nvdisasm", "cuda-nvdisasm", "disassembler of cubins"},
	{"nvfatbin", "", "libnvfatbin-dev", "libnvfatbin-dev", "fat binaries at run time"},
	{"nvfatbin_static", "", "libnvfatbin-dev libnvfatbin-static", NULL, ""},
	{"nvjitlink", "", "libnvjitlink-dev", "libnvjitlink-dev", "device linker at run time"},
	{"nvjitlink_static", "", "libnvjitlink-dev libnvjitlink-static", NULL, ""},
	{"nvjpeg", "", "libnvjpeg-dev", "libnvjpeg-dev", "JPEG"},
	{"nvjpeg_static", "", "libnvjpeg-dev libnvjpeg-static " STATIC_NEEDS, NULL, ""},
	{"nvml", "nvidia-ml", "cuda-nvml-dev", "cuda-nvml-dev", "device management"},
	{"nvprune", "", "cuda-nvprune", "cuda-nvprune", "prunes static libraries"},
	{"nvptxcompiler", "nvptxcompiler_static", "libnvptxcompiler-dev", "libnvptxcompiler-dev",
		"ptxas as a library"},
	{"nvrtc", "", "cuda-nvrtc-dev", "cuda-nvrtc-dev", "compiler at run time"},
	{"nvrtc_static", "nvrtc_builtins_static", "cuda-nvrtc-dev cuda-nvrtc-static", NULL, ""},
	{"nvtx", "nvtx3 nvtoolsext", "cuda-nvtx-dev", "cuda-nvtx-dev",
		"ranges and marks for profilers"},
	{"nvvm", "", "cuda-nvvm-impl cuda-nvvm-dev_@", "cuda-nvvm-impl cuda-nvvm-dev_@", "libnvvm"},
	{"opencl", "", "cuda-opencl-dev", "cuda-opencl-dev", "OpenCL"},
	{"profiler", "profiler_api", "cuda-profiler-api", "cuda-profiler-api", "profiler control"},
	{"sanitizer", "", "cuda-sanitizer-api", "cuda-sanitizer-api", "compute-sanitizer"},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct ce_component *ce_component_list(void)
{
	return components;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && strncasecmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

const struct ce_component *ce_component_find(const char *name)
{
	for (const struct ce_component *c = components; c->name; c++)
		if (strcasecmp(c->name, name) == 0 || has_word(c->aliases, name))
			return c;
	return NULL;
}

static int fail_unknown(const char *component, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (const struct ce_component *c = components; c->name; c++)
		ce_buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", c->name);
	return ce_fail(err, CCENV_ENOTFOUND,
		"there is no CUDA component \"%s\"; known are: %s; any other package of the channel goes under \"dependencies\"",
		component, ce_buf_str(&b));
}

/* "cuda-cccl_@" -> "cuda-cccl_linux-64". */
static const char *spec_for_platform(
	const char *spec, size_t len, const char *platform, struct ce_arena *a)
{
	const char *at = memchr(spec, '@', len);

	if (!at)
		return ce_arena_strndup(a, spec, len);
	return ce_arena_printf(a, "%.*s%s%.*s", (int)(at - spec), spec, platform,
		(int)(spec + len - at - 1), at + 1);
}

int ce_component_expand(const char *component, const char *platform, struct ce_arena *a,
	const char ***ret_specs, size_t *ret_n, struct ccenv_error *err)
{
	const struct ce_component *c = ce_component_find(component);
	const char *words = NULL;
	const char **specs;
	size_t n = 0;

	if (!c)
		return fail_unknown(component, err);
	if (strcmp(platform, "linux-aarch64") == 0 && strcmp(c->name, "opencl") == 0)
		words = NULL; /* NVIDIA has none for it */
	else if (ce_platform_is_linux(platform) && ce_platform_cuda_target(platform))
		words = c->linux_specs;
	else if (ce_platform_is_win(platform))
		words = c->win_specs;
	if (!words)
		return ce_fail(err, CCENV_ENOTFOUND,
			"the CUDA component \"%s\" does not exist for %s; leave it out or remove the platform",
			c->name, platform);

	specs = ce_arena_array(a, strlen(words) / 2 + 2, sizeof(*specs));
	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		specs[n++] = spec_for_platform(p, len, platform, a);
		p += len;
	}
	*ret_specs = specs;
	*ret_n = n;
	return 0;
}

int ce_component_cuda_spec(
	const char *version, struct ce_arena *a, const char **ret, struct ccenv_error *err)
{
	size_t dots = 0;

	if (!*version || version[strspn(version, "0123456789.<>=!,|*~")] != '\0' ||
		strlen(version) > 64)
		return ce_fail(err, CCENV_EDATA,
			"CUDA version \"%s\": expected X.Y or a range like \">=12.8,<13\"",
			version);
	if (strspn(version, "0123456789.") < strlen(version)) {
		*ret = ce_arena_printf(a, "cuda-version %s", version);
		return 0;
	}
	for (const char *p = version; *p; p++)
		dots += *p == '.';
	if (version[0] == '.' || version[strlen(version) - 1] == '.' || strstr(version, ".."))
		return ce_fail(err, CCENV_EDATA, "CUDA version \"%s\": expected X.Y", version);
	if (dots > 1)
		return ce_fail(err, CCENV_EDATA,
			"CUDA version \"%s\" has a patch level, but conda-forge selects releases by X.Y only; ask for \"%.*s\" and let the lock file hold the patch level",
			version, (int)(strchr(strchr(version, '.') + 1, '.') - version), version);
	*ret = ce_arena_printf(a, "cuda-version %s.*", version);
	return 0;
}

/*
 * What a release has under another name; NULL: nothing.
 *
 * cuda_runtime_api.h includes crt/host_defines.h, and no depends of cudart brings it. It has a
 * package of its own from CUDA 12.2 on; before that it came with nvcc's headers. libculibos.a has
 * one from CUDA 13 on. Of a range the newer names are taken, but nothing that would decide it.
 */
static const char *spec_of_release(const char *version, const char *spec, struct ce_arena *a)
{
	static const char crt[] = "cuda-crt-dev_";
	bool older = strcmp(version, "12.0") == 0 || strcmp(version, "12.1") == 0;

	if (strcmp(spec, "cuda-culibos-static") == 0)
		return strtoul(version, NULL, 10) >= 13 ? spec : NULL;
	if (!older || strncmp(spec, crt, strlen(crt)) != 0)
		return spec;
	return ce_arena_printf(a, "cuda-nvcc-dev_%s", spec + strlen(crt));
}

static int compare_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

int ce_component_specs(const char *version, const char *const *names, size_t n,
	const char *platform, struct ce_arena *a, const char ***ret_specs, size_t *ret_n,
	struct ccenv_error *err)
{
	const char **all = NULL;
	size_t n_all = 0, n_out = 0;
	const char *spec = NULL;
	int r;

	r = ce_component_cuda_spec(version, a, &spec, err);
	if (r < 0)
		return r;
	all = ce_arena_array(a, 3, sizeof(*all));
	all[n_all++] = spec;
	if (strcmp(platform, "linux-aarch64") == 0)
		all[n_all++] = "arm-variant * sbsa";

	for (size_t i = 0; i < n; i++) {
		const char **more = NULL;
		const char **joined;
		size_t n_more = 0;

		r = ce_component_expand(names[i], platform, a, &more, &n_more, err);
		if (r < 0)
			return r;
		joined = ce_arena_array(a, n_all + n_more + 1, sizeof(*joined));
		memcpy(joined, all, n_all * sizeof(*all));
		for (size_t k = 0; k < n_more; k++) {
			joined[n_all] = spec_of_release(version, more[k], a);
			n_all += joined[n_all] != NULL;
		}
		all = joined;
	}

	qsort(all, n_all, sizeof(*all), compare_text);
	for (size_t i = 0; i < n_all; i++)
		if (n_out == 0 || strcmp(all[n_out - 1], all[i]) != 0)
			all[n_out++] = all[i];
	all[n_out] = NULL;
	*ret_specs = all;
	*ret_n = n_out;
	return 0;
}
