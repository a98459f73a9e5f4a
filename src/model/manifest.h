/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_MANIFEST_H
#define CE_MODEL_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/request.h"

struct ccenv_error;
struct ce_lock_platform;

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
	const char **platforms; /* empty: those of the manifest */
	size_t n_platforms;
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
	const char *name; /* of the project, or NULL */
	const char **channels;
	size_t n_channels;
	const char **platforms;
	size_t n_platforms;
	enum ce_channel_priority priority;
	enum ce_strategy strategy;
	const char *exclude_newer; /* RFC 3339 date, or a duration "7d", or NULL */
	struct ce_date_exception *date_exceptions;
	size_t n_date_exceptions;
	const struct ce_spec **pins;
	size_t n_pins;
	struct ce_feature *features;
	size_t n_features;
	struct ce_environment *environments;
	size_t n_environments;
};

void ce_manifest_free(struct ce_manifest *m);
CE_DEFINE_FREEP(struct ce_manifest, ce_manifest_free, ce_manifest_freep)

#endif
