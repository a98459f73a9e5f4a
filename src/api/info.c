/* SPDX-License-Identifier: MIT */
/* ccenv_info(): what ccenv sees on this machine, and where. */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/url.h"
#include "io/host.h"
#include "model/manifest.h"
#include "model/platform.h"

/* Where each virtual package comes from, unless its variable is set. */
static const struct {
	const char *name, *variable, *source;
} places[] = {
	{"__archspec", "CONDA_OVERRIDE_ARCHSPEC", "the processor"},
	{"__cuda", "CONDA_OVERRIDE_CUDA", "the NVIDIA driver"},
	{"__cuda_arch", "CONDA_OVERRIDE_CUDA_ARCH", "the NVIDIA driver"},
	{"__glibc", "CONDA_OVERRIDE_GLIBC", "the C library"},
	{"__linux", "CONDA_OVERRIDE_LINUX", "the kernel"},
	{"__osx", "CONDA_OVERRIDE_OSX", "the system"},
	{"__unix", NULL, "the platform"},
};

static const char *probe_name(enum ce_host_probe probe)
{
	switch (probe) {
	case CE_HOST_NVML:
		return "NVML";
	case CE_HOST_LIBCUDA:
		return "libcuda";
	case CE_HOST_SMI:
		return "nvidia-smi";
	default:
		return "the NVIDIA driver";
	}
}

/* `driver` was asked, unless the environment answers for it. */
static const char *source_of(
	const struct ccenv *c, const struct ce_host_gpu *driver, const char *name)
{
	for (size_t i = 0; i < CE_COUNT(places); i++) {
		if (strcmp(places[i].name, name) != 0)
			continue;
		if (places[i].variable && c->getenv_fn(places[i].variable))
			return places[i].variable;
		if (strcmp(name, "__cuda") == 0)
			return probe_name(driver->source);
		if (strcmp(name, "__cuda_arch") == 0)
			return probe_name(driver->arch_source);
		return places[i].source;
	}
	return "this machine";
}

static const char *const *channels(const struct ccenv *c, struct ce_arena *a, size_t *ret_n)
{
	size_t n = c->manifest ? c->manifest->n_channels : 0;
	const char **list = ce_arena_array(a, n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		CE_AUTOFREE char *shown = ce_url_redact(c->manifest->channels[i]);

		list[i] = ce_arena_strdup(a, shown);
	}
	*ret_n = n;
	return list;
}

int ccenv_info(struct ccenv *c, struct ccenv_info *ret, struct ccenv_error *err)
{
	struct ce_arena *owner = ce_owner_new();
	struct ce_host_gpu driver;
	struct ce_virtual *virtuals;
	size_t n;
	int r = ce_host_virtuals(c->getenv_fn, &driver, owner, &virtuals, &n, err);

	if (r < 0) {
		ce_owner_free(owner);
		return r;
	}
	*ret = (struct ccenv_info){
		.version = CCENV_VERSION,
		.platform = ce_platform_host(),
		.cache_dir = ce_arena_strdup(owner, c->cache_dir),
		.manifest = ce_arena_strdup(owner, c->manifest_path),
		.lock = c->manifest ? ce_arena_strdup(owner, c->lock_path) : NULL,
		.root = c->manifest ? ce_arena_strdup(owner, c->root) : NULL,
		.virtuals = ce_arena_array(owner, n + 1, sizeof(*ret->virtuals)),
		.owner = owner,
	};
	for (; ret->n_virtuals < n; ret->n_virtuals++) {
		const struct ce_virtual *v = &virtuals[ret->n_virtuals];

		ret->virtuals[ret->n_virtuals] = (struct ccenv_virtual){
			v->name, v->version, v->build, source_of(c, &driver, v->name)};
	}
	ret->channels = channels(c, owner, &ret->n_channels);
	return 0;
}

/* For nftw(), which has no user data; ccenv_info_extend() is not called twice at a time. */
static __thread struct {
	uint64_t bytes;
	size_t n_packages;
} seen;

static int add_size(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)type;
	seen.bytes += (uint64_t)st->st_blocks * 512;
	/* pkgs/<digest> */
	seen.n_packages +=
		ftw->level == 2 && S_ISDIR(st->st_mode) &&
		strncmp(path + ftw->base - strlen("pkgs/"), "pkgs/", strlen("pkgs/")) == 0;
	return 0;
}

void ccenv_info_extend(struct ccenv *c, struct ccenv_info *info)
{
	enum {
		DESCRIPTORS = 32
	};
	struct ce_strs gpus = ce_host_gpu_names(c->getenv_fn, info->owner);

	info->gpus = gpus.items;
	info->n_gpus = gpus.n;
	memset(&seen, 0, sizeof(seen));
	nftw(c->cache_dir, add_size, DESCRIPTORS, FTW_PHYS);
	info->cache_bytes = seen.bytes;
	info->n_cache_packages = seen.n_packages;
}

void ccenv_info_free(struct ccenv_info *info)
{
	ce_owner_free(info->owner);
	*info = (struct ccenv_info){0};
}
