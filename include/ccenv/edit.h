/* SPDX-License-Identifier: MIT */
#ifndef CCENV_EDIT_H
#define CCENV_EDIT_H

/* The manifest: a new one, and changes of it. Rules as in ccenv/ccenv.h. */

#include "ccenv/project.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ccenv_init_options {
	const char *path; /* of the manifest [ccenv.json]; its directory is made if need be */
	const char *name; /* of the project, or NULL */
	const char *const *channels; /* [conda-forge] */
	size_t n_channels;
	const char *const *platforms; /* [this machine's] */
	size_t n_platforms;
	const char *cuda_version; /* NULL: no "cuda" section */
	const char *const *components;
	size_t n_components;
};

/* Writes a new manifest; an existing one is never changed (CCENV_EUSAGE). */
CCENV_API int ccenv_init(const struct ccenv_init_options *o, struct ccenv_error *err);

/* What to change in the manifest, and where: {} is the top of the file. */
struct ccenv_edit_options {
	/* To add: "fmt", "fmt >=10", "cuda-version 12.9.*", "conda-forge::fmt". To remove: names. */
	const char *const *specs;
	size_t n_specs;
	const char *const *platforms; /* for these platforms only (target.PLATFORM) */
	size_t n_platforms;           /* 0: for all */
	const char *feature;          /* of this feature (features.NAME), or NULL */
	const char *
		target; /* of this target (targets.NAME), by any of its names; "NAME:build": of its tools; or NULL */
};

/* A dependency as it is now in the manifest. Strings belong to the list. */
struct ccenv_dependency {
	const char *name, *constraint; /* "fmt", ">=10.2.1,<11" */
	bool kept; /* the manifest had it, and no version was given: it is as it was */
};

struct ccenv_dependencies {
	struct ccenv_dependency *items;
	size_t n;
	const char **platforms; /* that the manifest did not have before */
	size_t n_platforms;
	void *owner;
};

/*
 * Adds dependencies to the manifest and locks. One without a version gets a bound from what was
 * solved, ">=2.8.0,<3", unless the manifest has it already. Platforms that the manifest lacks are
 * added to it. The rest of the file stays byte for byte as it is. If there is no solution, nothing is
 * written. Free *ret with ccenv_dependencies_free().
 */
CCENV_API int ccenv_add(struct ccenv *c, const struct ccenv_edit_options *o,
	struct ccenv_dependencies *ret, struct ccenv_error *err);
/* The same for dependencies that go; CCENV_ENOTFOUND for one that the manifest does not have. */
CCENV_API int ccenv_remove(
	struct ccenv *c, const struct ccenv_edit_options *o, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_dependencies_free(struct ccenv_dependencies *list);

/* A part of the manifest that is a list of settings. */
enum ccenv_setting_kind {
	CCENV_SETTING_CHANNEL = 0,
	CCENV_SETTING_PLATFORM,
	CCENV_SETTING_SYSTEM_REQUIREMENT,
};

/* What to change of them. */
struct ccenv_setting_options {
	enum ccenv_setting_kind kind;
	bool remove;
	bool first; /* a channel that comes before the others */
	/* "conda-forge"; "linux-64"; "cuda", or to add it "cuda=12" */
	const char *const *names;
	size_t n_names;
	const char *platform; /* a system requirement of this platform only (target.PLATFORM) */
	const char *feature;  /* of this feature; channels are of the project only */
};

/*
 * Changes settings of the manifest and locks, as ccenv_add() does: without a solution nothing is
 * written. *ret_changed: false if the manifest said so already. To remove what is not there is
 * CCENV_ENOTFOUND.
 */
CCENV_API int ccenv_setting_change(struct ccenv *c, const struct ccenv_setting_options *o,
	bool *ret_changed, struct ccenv_error *err);

/* One setting. Strings belong to the list. */
struct ccenv_setting {
	const char *name;     /* as in the manifest, without credentials */
	const char *value;    /* URL of a channel, version of a requirement; else NULL */
	const char *feature;  /* "default" at the top of the file */
	const char *platform; /* that it is for, or NULL */
};

struct ccenv_settings {
	struct ccenv_setting *items; /* in the order of the manifest */
	size_t n;
	void *owner;
};

/* What the manifest has; defaults too. Free with ccenv_settings_free(). */
CCENV_API int ccenv_settings(struct ccenv *c, enum ccenv_setting_kind kind,
	struct ccenv_settings *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_settings_free(struct ccenv_settings *list);

#ifdef __cplusplus
}
#endif
#endif
