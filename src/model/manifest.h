/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_MANIFEST_H
#define CE_MODEL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strs.h"
#include "model/request.h"

struct ccenv_error;
struct ce_lockfile_platform;

/* A dependency as written: for one platform only, or for all (platform NULL). */
struct ce_dependency {
	const char *platform;
	const struct ce_spec *spec;
};

/* "cuda": "13.0" and its like; platform NULL is for all. */
struct ce_system_requirement {
	const char *platform;
	const char *name;    /* cuda, cuda-arch, glibc, linux, osx, win, archspec */
	const char *version; /* "" takes the default away */
};

/* A named part of a manifest; the first of all features is "default", the top level of the file. */
struct ce_feature {
	const char *name;
	struct ce_dependency *deps;
	size_t n_deps;
	struct ce_system_requirement *sysreqs;
	size_t n_sysreqs;
	const char *cuda_version; /* the "cuda" section: NULL when there is none */
	const char **components;
	size_t n_components;
	const char **archs; /* GPU architectures (model/arch.h); empty: nvcc's default */
	size_t n_archs;
	const char **platforms; /* empty: those of the manifest */
	size_t n_platforms;
};

/* How far builds are to give the same bytes everywhere (docs/reproducible.md). */
enum ce_reproducible {
	CE_REPRODUCIBLE_NAMES = 0, /* the default: names that nvcc makes up are always the same */
	CE_REPRODUCIBLE_OFF,
	CE_REPRODUCIBLE_PATHS, /* and no path of this machine gets into objects */
	CE_REPRODUCIBLE_STRICT, /* and what only a fixed place can make equal is an error elsewhere */
};

/*
 * A target: what is built on one machine for another, in conda-build's words. Its tools are a prefix for
 * `build`, its libraries one for `host`.
 */
struct ce_target {
	const char *name;
	const char *build, *host; /* subdirs; never the same */
	const char *arm_variant;  /* "sbsa" or "tegra"; NULL where host is not linux-aarch64 */
	struct ce_feature own;    /* for the host side: dependencies, system requirements, archs */
	struct ce_feature tools;  /* for the build side: dependencies */
	struct ce_strs emulator;  /* a command that runs programs of `host`, or nothing */
};

/* exclude-newer for one package; text NULL lets every date in. */
struct ce_manifest_date {
	const char *name;
	const char *text;
};

struct ce_environment {
	const char *name;
	const struct ce_feature **features; /* default last, unless left out */
	size_t n_features;
};

/*
 * ccenv.json (schema: docs/ccenv.schema.json). The struct is the file; what it means for one
 * environment and platform is a ce_request.
 */
struct ce_manifest {
	struct ce_arena arena;
	const char *path; /* as given, for messages */
	const char *dir;  /* its directory: relative channels begin there */
	/* What "~/" in a channel means: not in the file, set by the caller; NULL when not known. */
	const char *home;
	const char *name; /* of the project, or NULL */
	const char **channels;
	size_t n_channels;
	const char **platforms;
	size_t n_platforms;
	struct ce_target *targets; /* sorted by name */
	size_t n_targets;
	enum ce_channel_priority priority;
	enum ce_strategy strategy;
	enum ce_reproducible reproducible;
	const char *exclude_newer; /* RFC 3339 date, or a duration "7d", or NULL */
	struct ce_manifest_date *date_exceptions;
	size_t n_date_exceptions;
	const struct ce_spec **pins;
	size_t n_pins;
	struct ce_feature *features;
	size_t n_features;
	struct ce_environment *environments;
	size_t n_environments;
};

/* Empty, to be filled; and its end, with all that lives in its arena. */
struct ce_manifest *ce_manifest_new(void);
void ce_manifest_free(struct ce_manifest *m);
CE_DEFINE_FREEP(struct ce_manifest, ce_manifest_free, ce_manifest_freep)

/* NULL when absent. Borrowed. */
const struct ce_environment *ce_manifest_environment(const struct ce_manifest *m, const char *name);
/*
 * The platforms of an environment: those that all its features that name platforms share, else the
 * manifest's. The array is in `a`, in the manifest's order.
 */
struct ce_strs ce_manifest_platforms(
	const struct ce_manifest *m, const struct ce_environment *env, struct ce_arena *a);

/* NULL when absent. Borrowed. */
const struct ce_target *ce_manifest_target(const struct ce_manifest *m, const char *name);
/* Is the target part of the environment? It is unless a feature names other platforms than its host. */
bool ce_manifest_has_target(const struct ce_environment *env, const struct ce_target *target);

/* The GPU architectures of an environment: those of the target (may be NULL), else of its first feature
 * that names some. Borrowed. */
struct ce_strs ce_manifest_archs(const struct ce_environment *env, const struct ce_target *target);

/* What build files say of "reproducible", as CCENV_REPRODUCIBLE does: "" for the default, "0", "1" or
 * "strict". `m` may be NULL. */
const char *ce_manifest_reproducible(const struct ce_manifest *m);

/* What a request is made for, besides what the manifest says. */
struct ce_request_target {
	const char *platform;
	const struct ce_target
		*target; /* of which `platform` is one side; NULL: a native environment */
	enum ce_side side;
	/* Virtual packages that the platform has when nothing is declared; system-requirements
	 * replace them by name. */
	const struct ce_virtual *defaults;
	size_t n_defaults;
	/* The same of the other machine, for CE_SIDE_BUILD: tools keep to the glibc of the host. */
	const struct ce_virtual *host_defaults;
	size_t n_host_defaults;
	uint64_t now; /* ms since 1970: what a duration in exclude-newer counts from */
};

/*
 * What the manifest asks for in one environment on one platform. The request keeps borrowing from
 * the manifest. CCENV_EUSAGE and CCENV_EDATA name the key.
 */
CE_MUST_CHECK int ce_manifest_request(const struct ce_manifest *m, const struct ce_environment *env,
	const struct ce_request_target *target, struct ce_request **ret_request,
	struct ccenv_error *err);

/*
 * One system requirement as a virtual package: ("cuda", "13.0") is {"__cuda", "13.0", "0"}. An
 * empty version gives version NULL: the package is to be absent. CCENV_EUSAGE for an unknown name
 * or a bad version.
 */
CE_MUST_CHECK int ce_system_requirement_virtual(const char *name, const char *version,
	struct ce_arena *a, struct ce_virtual *ret_virtual, struct ccenv_error *err);
/* A date or a duration (before `now`) in ms since 1970; what is newer than it is left out. */
CE_MUST_CHECK int ce_exclude_newer_parse(
	const char *text, uint64_t now, uint64_t *ret_ms, struct ccenv_error *err);
/* The options of a request that a lock notes, as one text: "" when all are the defaults. From `a`.
 */
const char *ce_manifest_options(const struct ce_manifest *m, struct ce_arena *a);

#endif
