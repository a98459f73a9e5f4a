/* SPDX-License-Identifier: MIT */
#ifndef CCENV_CHECK_H
#define CCENV_CHECK_H

/* What is wrong with a build, a machine or a project. Rules as in ccenv/ccenv.h. */

#include "ccenv/install.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A problem that ccenv_check() found. */
struct ccenv_finding {
	const char *subject; /* a file, or a step of nvcc */
	const char *text;    /* a sentence about it */
};

struct ccenv_findings {
	struct ccenv_finding *items; /* in the order of what was looked at */
	size_t n;
	size_t n_steps, n_files; /* that were checked */
	void *owner;
};

struct ccenv_check_options {
	const char *target;       /* as for ccenv_tools() */
	const char *const *files; /* programs and shared libraries, or directories that have some */
	size_t n_files;
	bool installed; /* the files are for other machines: they must not name the root */
};

/*
 * Does a build use only the root's toolchain? Asks nvcc for its steps (nvcc --dryrun) and looks where
 * each program, header and library directory is; checks `files` for link stubs, for another CUDA and
 * for libraries that no RUNPATH leads to. Findings are not a failure: they are in *ret.
 */
CCENV_API int ccenv_check(struct ccenv *c, const struct ccenv_check_options *o,
	struct ccenv_findings *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_findings_free(struct ccenv_findings *list);

/* How bad a finding of ccenv_doctor() is. */
enum ccenv_severity {
	CCENV_FINE = 0, /* as it should be */
	CCENV_NOTE,     /* good to know */
	CCENV_WARNING,  /* may give a wrong or slow build, or a program that does not run */
	CCENV_PROBLEM,  /* something does not work before it is cured */
};

struct ccenv_diagnosis {
	const char *check; /* what was looked at: "driver", "glibc", "disk", … */
	enum ccenv_severity severity;
	const char *text; /* complete */
	const char *cure; /* what to do about it; NULL where all is well */
};

struct ccenv_diagnoses {
	struct ccenv_diagnosis *items; /* in the order of the checks */
	size_t n;
	enum ccenv_severity worst;
	void *owner;
};

/*
 * Looks at the machine, the environment and the project for what would spoil a build: driver against
 * the locked CUDA, glibc, disk, file systems, variables, CMake, other toolkits, a cache that others
 * can write to, a stale lock or root, an emulator for a target. Changes nothing and needs neither manifest
 * nor network. `of` may be NULL: all defaults; its platform is this machine's. Free with
 * ccenv_diagnoses_free().
 */
CCENV_API int ccenv_doctor(struct ccenv *c, const struct ccenv_selection *of,
	struct ccenv_diagnoses *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_diagnoses_free(struct ccenv_diagnoses *list);

/* A virtual package of this machine: "__cuda", "13.0", "0". */
struct ccenv_virtual {
	const char *name, *version, *build;
	const char *source; /* where it was found: "the C library", "NVML", "CONDA_OVERRIDE_CUDA" */
};

struct ccenv_info {
	const char *version, *platform, *cache_dir;
	const char *manifest, *lock, *root; /* NULL when there is none */
	struct ccenv_virtual *virtuals;
	size_t n_virtuals;
	const char *const *channels; /* of the manifest, without credentials */
	size_t n_channels;
	/* By ccenv_info_extend() only: */
	const char *const
		*gpus; /* "NVIDIA H100 80GB HBM3, driver 550.54.15, compute capability 9.0" */
	size_t n_gpus;
	uint64_t cache_bytes; /* on the disk; what prefixes share is counted here, too */
	size_t n_cache_packages;
	void *owner;
};

/* What ccenv sees on this machine. `c` needs no manifest. */
CCENV_API int ccenv_info(struct ccenv *c, struct ccenv_info *ret, struct ccenv_error *err);
/* Adds what takes longer to find out: the GPUs, by nvidia-smi, and how large the cache is. */
CCENV_API void ccenv_info_extend(struct ccenv *c, struct ccenv_info *info);
/* Frees what the struct holds, not `info` itself. */
CCENV_API void ccenv_info_free(struct ccenv_info *info);

#ifdef __cplusplus
}
#endif
#endif
