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
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "model/cuda_release.h"
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
	struct ce_cuda_releases releases;
	int r = ce_cuda_releases_parse(version, &releases, err);

	if (r < 0)
		return r;
	*ret = ce_arena_printf(a, "cuda-version %s", ce_cuda_releases_text(&releases, a));
	return 0;
}

/*
 * What a release has under another name; NULL: nothing. Decided by the releases that are possible,
 * not by how they are written.
 *
 * cuda_runtime_api.h includes crt/host_defines.h, and no depends of cudart brings it. It has a
 * package of its own from CUDA 12.2 on; before that it came with nvcc's headers, which later depend
 * on that package: where both are possible they are asked for. libculibos.a has a package of its own
 * from CUDA 13 on.
 */
static const char *spec_of_releases(
	const struct ce_cuda_releases *releases, const char *spec, struct ce_arena *a)
{
	static const char crt[] = "cuda-crt-dev_";

	if (strcmp(spec, "cuda-culibos-static") == 0)
		return ce_cuda_releases_have_from(releases, ce_cuda_release(13, 0)) ? spec : NULL;
	if (!ce_has_prefix(spec, crt) ||
		!ce_cuda_releases_have_before(releases, ce_cuda_release(12, 2)))
		return spec;
	return ce_arena_printf(a, "cuda-nvcc-dev_%s", spec + strlen(crt));
}

/* What conda-forge has for releases before 12.0: libraries that are built against its old, monolithic
 * package of the runtime. */
static bool is_older_than_toolkit(const char *component)
{
	return strcmp(component, "cudnn") == 0 || strcmp(component, "cutensor") == 0 ||
	       strcmp(component, "nccl") == 0;
}

static int check_oldest(const struct ce_cuda_releases *releases, const char *version,
	const char *component, struct ccenv_error *err)
{
	const struct ce_component *c = ce_component_find(component);

	if (!c || is_older_than_toolkit(c->name) ||
		ce_cuda_releases_have_from(releases, ce_cuda_release(12, 0)))
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND,
		"CUDA \"%s\" has no \"%s\": 12.0 is the oldest release that conda-forge has as packages of the toolkit. For older ones there are only the runtime libraries (\"cudatoolkit\" under \"dependencies\"), which need an nvcc that is installed on the machine",
		version, c->name);
}

static int compare_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Those that the driver serves, or all where it serves none: then the solver says so. */
static void limit_to_driver(struct ce_cuda_releases *releases, const char *driver)
{
	struct ce_cuda_releases served = *releases;

	if (!driver)
		return;
	ce_cuda_releases_drop_from(&served, ce_cuda_release((int)strtoul(driver, NULL, 10) + 1, 0));
	if (ce_cuda_releases_have_from(&served, 0))
		*releases = served;
}

static int add_component(const struct ce_component_request *q, const char *component,
	const struct ce_cuda_releases *releases, struct ce_arena *a, struct ce_strs *list,
	struct ccenv_error *err)
{
	const char **more = NULL, **joined;
	size_t n_more = 0;
	int r = check_oldest(releases, q->version, component, err);

	if (r < 0)
		return r;
	r = ce_component_expand(component, q->platform, a, &more, &n_more, err);
	if (r < 0)
		return r;
	joined = ce_arena_array(a, list->n + n_more + 1, sizeof(*joined));
	memcpy(joined, list->items, list->n * sizeof(*joined));
	list->items = joined;
	for (size_t i = 0; i < n_more; i++) {
		joined[list->n] = spec_of_releases(releases, more[i], a);
		list->n += joined[list->n] != NULL;
	}
	return 0;
}

int ce_component_specs(const struct ce_component_request *q, struct ce_arena *a,
	struct ce_strs *ret_specs, struct ccenv_error *err)
{
	struct ce_strs all = {.items = ce_arena_array(a, 3, sizeof(*all.items))};
	struct ce_cuda_releases releases;
	size_t n = 0;
	int r = ce_cuda_releases_parse(q->version, &releases, err);

	if (r < 0)
		return r;
	all.items[all.n++] =
		ce_arena_printf(a, "cuda-version %s", ce_cuda_releases_text(&releases, a));
	if (strcmp(q->platform, "linux-aarch64") == 0)
		all.items[all.n++] = "arm-variant * sbsa";
	limit_to_driver(&releases, q->driver);
	for (size_t i = 0; i < q->components.n; i++) {
		r = add_component(q, q->components.items[i], &releases, a, &all, err);
		if (r < 0)
			return r;
	}
	qsort(all.items, all.n, sizeof(*all.items), compare_text);
	for (size_t i = 0; i < all.n; i++)
		if (n == 0 || strcmp(all.items[n - 1], all.items[i]) != 0)
			all.items[n++] = all.items[i];
	all.items[n] = NULL;
	*ret_specs = (struct ce_strs){all.items, n};
	return 0;
}
