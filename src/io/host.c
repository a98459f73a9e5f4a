/* SPDX-License-Identifier: MIT */
/* The virtual packages of this machine and of platforms at large. The GPU's part is in host_gpu.c.
 */
#include "io/host.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "io/archspec.h"
#include "model/platform.h"
#include "model/request.h"

enum {
	VIRTUALS_MAX = 8,
	CPUINFO_MAX = 16 << 20, /* a few KiB a processor */
};

struct list {
	struct ce_arena *a;
	const char *(*getenv_fn)(const char *name);
	struct ce_virtual items[VIRTUALS_MAX];
	size_t n;
};

static void add(struct list *l, const char *name, const char *version, const char *build)
{
	l->items[l->n++] = (struct ce_virtual){
		.name = name,
		.version = ce_arena_strdup(l->a, version),
		.build = ce_arena_strdup(l->a, build),
	};
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct ce_virtual *)a)->name, ((const struct ce_virtual *)b)->name);
}

static void finish(struct list *l, struct ce_virtual **ret_virtuals, size_t *ret_n)
{
	*ret_virtuals = ce_arena_array(l->a, l->n + 1, sizeof(**ret_virtuals));
	if (l->n > 0) {
		qsort(l->items, l->n, sizeof(l->items[0]), compare_names);
		memcpy(*ret_virtuals, l->items, l->n * sizeof(l->items[0]));
	}
	*ret_n = l->n;
}

/* The plainest processor of a subdir, by archspec's names; NULL where conda has none. */
static const char *baseline(const char *subdir)
{
	static const struct {
		const char *tail, *name;
	} table[] = {{"-64", "x86_64"}, {"-aarch64", "aarch64"}, {"osx-arm64", "m1"},
		{"win-arm64", "aarch64"}, {"-ppc64le", "ppc64le"}, {"-riscv64", "riscv64"},
		{"-s390x", "s390x"}, {"-32", "x86"}};
	size_t n = strlen(subdir);

	for (size_t i = 0; i < CE_COUNT(table); i++) {
		size_t k = strlen(table[i].tail);

		if (n >= k && strcmp(subdir + n - k, table[i].tail) == 0)
			return table[i].name;
	}
	return NULL;
}

void ce_host_defaults(
	const char *platform, struct ce_arena *a, struct ce_virtual **ret_virtuals, size_t *ret_n)
{
	struct list l = {.a = a};
	const char *arch = baseline(platform);

	if (ce_platform_is_linux(platform)) {
		add(&l, "__linux", "4.18", "0");
		add(&l, "__glibc", "2.28", "0");
	}
	if (ce_platform_is_osx(platform))
		add(&l, "__osx", "13.0", "0");
	if (ce_platform_is_win(platform))
		add(&l, "__win", "10.0", "0");
	else if (strcmp(platform, "noarch") != 0)
		add(&l, "__unix", "0", "0");
	if (arch)
		add(&l, "__archspec", "1", arch);
	finish(&l, ret_virtuals, ret_n);
}

/* Copies the leading "1.2.3" of `text`, at most `parts` numbers. Returns how many there were. */
static int leading_version(const char *text, int parts, char *out, size_t size)
{
	size_t n = 0;
	int found = 0;

	while (found < parts) {
		size_t dot = found > 0, digits;

		if (dot && text[n] != '.')
			break;
		digits = strspn(text + n + dot, "0123456789");
		if (digits == 0)
			break;
		n += dot + digits;
		found++;
	}
	if (n >= size)
		return 0;
	memcpy(out, text, n);
	out[n] = '\0';
	return found;
}

/*
 * A version as conda's packages have them: "5.10.0-8-amd64" and "12.4rc1" as well. One that does
 * not begin with a number would be older than all others, and is a mistake.
 */
static bool is_version(const char *text)
{
	static const char word[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char copy[64];

	if (strlen(text) >= sizeof(copy) || leading_version(text, 1, copy, sizeof(copy)) < 1)
		return false;
	for (const char *p = text;; p++) {
		size_t n = strspn(p, word);

		p += n;
		if (n == 0 || !*p)
			return n > 0;
		if (!strchr("._-+!", *p))
			return false;
	}
}

/* "8.6" */
static bool is_pair(const char *text)
{
	char copy[64];

	return leading_version(text, 3, copy, sizeof(copy)) == 2 && strcmp(copy, text) == 0;
}

/* A package that has a version, and the variable that overrides it. */
struct versioned {
	const char *name, *variable;
	const char *example;
	bool pair; /* it is two numbers, no less and no more */
};

/* Adds the package: as the override says, else as `found`; not at all when that is NULL or the
 * override is empty. */
static int add_version(
	struct list *l, const struct versioned *v, const char *found, struct ccenv_error *err)
{
	const char *forced = l->getenv_fn(v->variable);

	bool good = !forced || !*forced || (v->pair ? is_pair(forced) : is_version(forced));

	if (!good)
		return ce_fail(err, CCENV_EUSAGE,
			"%s=%.40s: expected a version such as %s, or nothing to hide %s",
			v->variable, forced, v->example, v->name);
	if (forced)
		found = *forced ? forced : NULL;
	if (found)
		add(l, v->name, found, "0");
	return 0;
}

#if defined(__linux__)
static int add_kernel(struct list *l, struct ccenv_error *err)
{
	static const struct versioned kernel = {"__linux", "CONDA_OVERRIDE_LINUX", "5.10", false};
	char version[64] = "0";
	struct utsname u;

	if (uname(&u) != 0 || leading_version(u.release, 4, version, sizeof(version)) < 2)
		(void)snprintf(version, sizeof(version), "0");
	return add_version(l, &kernel, version, err);
}
#elif defined(__APPLE__)
static int add_kernel(struct list *l, struct ccenv_error *err)
{
	static const struct versioned kernel = {"__osx", "CONDA_OVERRIDE_OSX", "13.0", false};
	char product[64] = "", version[64] = "0";
	size_t size = sizeof(product) - 1;

	if (sysctlbyname("kern.osproductversion", product, &size, NULL, 0) != 0 ||
		leading_version(product, 2, version, sizeof(version)) < 1)
		(void)snprintf(version, sizeof(version), "0");
	return add_version(l, &kernel, version, err);
}
#else
static int add_kernel(struct list *l, struct ccenv_error *err)
{
	(void)l;
	(void)err;
	return 0;
}
#endif

static int add_libc(struct list *l, struct ccenv_error *err)
{
#if defined(_CS_GNU_LIBC_VERSION)
	static const struct versioned libc = {"__glibc", "CONDA_OVERRIDE_GLIBC", "2.28", false};
	char text[64], version[64];
	bool found;

	/* "glibc 2.36" */
	found = confstr(_CS_GNU_LIBC_VERSION, text, sizeof(text)) > 0 &&
		ce_has_prefix(text, "glibc ") &&
		leading_version(text + 6, 2, version, sizeof(version)) == 2;
	return add_version(l, &libc, found ? version : NULL, err);
#else
	(void)l;
	(void)err;
	return 0;
#endif
}

#if defined(__x86_64__)
/* Does the system save the registers named in `mask`? */
static bool os_saves(unsigned mask)
{
	unsigned lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (lo & mask) == mask;
}

/* The levels of the x86-64 psABI, which archspec knows as x86_64, x86_64_v2, … */
static int x86_level(void)
{
	enum {
		AVX_STATE = 0x6,
		AVX512_STATE = 0xe6
	};
	const unsigned v2 =
		bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT;
	const unsigned v3 = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C;
	const unsigned v3_7 = bit_AVX2 | bit_BMI | bit_BMI2;
	const unsigned v4_7 =
		bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL;
	unsigned eax, ebx1, ecx1, edx, ebx7 = 0, ecx7, ecx_ext = 0, ebx;

	if (!__get_cpuid(1, &eax, &ebx1, &ecx1, &edx))
		return 1;
	(void)__get_cpuid_count(7, 0, &eax, &ebx7, &ecx7, &edx);
	(void)__get_cpuid(0x80000001, &eax, &ebx, &ecx_ext, &edx);
	if ((ecx1 & v2) != v2 || !(ecx_ext & bit_LAHF_LM))
		return 1;
	if ((ecx1 & v3) != v3 || (ebx7 & v3_7) != v3_7 || !(ecx_ext & bit_ABM) ||
		!os_saves(AVX_STATE))
		return 2;
	return (ebx7 & v4_7) == v4_7 && os_saves(AVX512_STATE) ? 4 : 3;
}
#endif

/* By /proc/cpuinfo; where it is hidden or says nothing, by the processor itself; else the least that
 * the subdir stands for. */
static const char *microarchitecture(void)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	const char *found = NULL;
	struct ccenv_error ignored;
	struct utsname u;

	if (uname(&u) == 0 && ce_fs_read("/proc/cpuinfo", CPUINFO_MAX, &text, &ignored) >= 0)
		found = ce_archspec_detect(u.machine, ce_buf_str(&text));
#if defined(__x86_64__)
	static const char *const names[] = {NULL, "x86_64", "x86_64_v2", "x86_64_v3", "x86_64_v4"};

	if (!found || strcmp(found, "x86_64") == 0)
		found = names[x86_level()];
#endif
	return found ? found : baseline(ce_platform_host());
}

static int add_archspec(struct list *l, struct ccenv_error *err)
{
	const char *forced = l->getenv_fn("CONDA_OVERRIDE_ARCHSPEC");
	const char *found = forced ? forced : microarchitecture();

	if (forced && strspn(forced,
			      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") !=
			      strlen(forced))
		return ce_fail(err, CCENV_EUSAGE,
			"CONDA_OVERRIDE_ARCHSPEC=%.40s: expected a microarchitecture such as x86_64_v3, or nothing to hide __archspec",
			forced);
	if (found && *found)
		add(l, "__archspec", "1", found);
	return 0;
}

/* __cuda_arch exists only together with __cuda (CEP 46). */
static int add_cuda(struct list *l, struct ce_host_gpu *gpu, struct ccenv_error *err)
{
	static const struct versioned cuda = {"__cuda", "CONDA_OVERRIDE_CUDA", "12.4", false};
	static const struct versioned cuda_arch = {
		"__cuda_arch", "CONDA_OVERRIDE_CUDA_ARCH", "8.6", true};
	const char *forced = l->getenv_fn(cuda.variable);
	char driver[32] = "", arch[32] = "";
	size_t before = l->n;

	if (forced && !*forced)
		return 0;
	/* Where both are given, nobody needs to be asked. */
	if (!forced || !l->getenv_fn(cuda_arch.variable))
		ce_host_gpu(l->getenv_fn, CE_HOST_ALL, gpu);
	if (gpu->cuda_major)
		(void)snprintf(driver, sizeof(driver), "%d.%d", gpu->cuda_major, gpu->cuda_minor);
	if (gpu->arch_major)
		(void)snprintf(arch, sizeof(arch), "%d.%d", gpu->arch_major, gpu->arch_minor);
	int r = add_version(l, &cuda, *driver ? driver : NULL, err);
	if (r < 0 || l->n == before)
		return r;
	return add_version(l, &cuda_arch, *arch ? arch : NULL, err);
}

int ce_host_virtuals(const char *(*getenv_fn)(const char *name), struct ce_host_gpu *driver,
	struct ce_arena *a, struct ce_virtual **ret_virtuals, size_t *ret_n,
	struct ccenv_error *err)
{
	struct list l = {.a = a, .getenv_fn = getenv_fn};

	if (driver)
		*driver = (struct ce_host_gpu){0};
	add(&l, "__unix", "0", "0");
	int r = add_kernel(&l, err);
	if (r < 0)
		return r;
	r = add_libc(&l, err);
	if (r < 0)
		return r;
	r = add_archspec(&l, err);
	if (r < 0)
		return r;
	r = driver ? add_cuda(&l, driver, err) : 0;
	if (r < 0)
		return r;
	finish(&l, ret_virtuals, ret_n);
	return 0;
}
