/* SPDX-License-Identifier: MIT */
/* What hangs on a platform: its CUDA target, its compiler's triplet. */
#include "model/platform.h"

#include <string.h>

#include "base/attr.h"

/* Only those with CUDA or with conda's gcc. */
static const struct {
	const char *subdir, *cuda_target, *triplet, *processor;
} platforms[] = {
	{"linux-64", "x86_64-linux", "x86_64-conda-linux-gnu", "x86_64"},
	{"linux-aarch64", "sbsa-linux", "aarch64-conda-linux-gnu", "aarch64"},
	{"linux-ppc64le", "ppc64le-linux", "powerpc64le-conda-linux-gnu", "ppc64le"},
	{"linux-32", NULL, "i686-conda-linux-gnu", "i686"},
	{"linux-riscv64", NULL, "riscv64-conda-linux-gnu", "riscv64"},
	{"linux-s390x", NULL, "s390x-conda-linux-gnu", "s390x"},
	{"win-64", "x64", NULL, NULL},
};

const char *ce_platform_host(void)
{
#if defined(__linux__) && defined(__x86_64__)
	return "linux-64";
#elif defined(__linux__) && defined(__aarch64__)
	return "linux-aarch64";
#elif defined(__APPLE__) && defined(__aarch64__)
	return "osx-arm64";
#elif defined(__APPLE__)
	return "osx-64";
#else
#error "name this machine's conda subdir here"
#endif
}

bool ce_platform_is_linux(const char *subdir)
{
	return strncmp(subdir, "linux-", 6) == 0;
}

bool ce_platform_is_osx(const char *subdir)
{
	return strncmp(subdir, "osx-", 4) == 0;
}

bool ce_platform_is_win(const char *subdir)
{
	return strncmp(subdir, "win-", 4) == 0;
}

const char *ce_platform_cuda_target(const char *subdir)
{
	for (size_t i = 0; i < CE_COUNT(platforms); i++)
		if (strcmp(platforms[i].subdir, subdir) == 0)
			return platforms[i].cuda_target;
	return NULL;
}

const char *ce_platform_of_target(const char *name)
{
	size_t n = strlen(name);

	if (strcmp(name, "aarch64") == 0)
		return "linux-aarch64";
	for (size_t i = 0; i < CE_COUNT(platforms); i++) {
		const char *target = platforms[i].cuda_target;

		if (!target)
			continue;
		if (strcmp(name, platforms[i].subdir) == 0 || strcmp(name, target) == 0 ||
			(strncmp(target, name, n) == 0 && target[n] == '-'))
			return platforms[i].subdir;
	}
	return NULL;
}

const char *ce_platform_triplet(const char *subdir)
{
	for (size_t i = 0; i < CE_COUNT(platforms); i++)
		if (strcmp(platforms[i].subdir, subdir) == 0)
			return platforms[i].triplet;
	return NULL;
}

const char *ce_platform_processor(const char *subdir)
{
	for (size_t i = 0; i < CE_COUNT(platforms); i++)
		if (strcmp(platforms[i].subdir, subdir) == 0)
			return platforms[i].processor;
	return NULL;
}
