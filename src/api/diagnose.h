/* SPDX-License-Identifier: MIT */
#ifndef CE_API_DIAGNOSE_H
#define CE_API_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "io/place.h"

struct ce_arena;
struct ce_virtual;

enum ce_root_state {
	CE_ROOT_NONE,  /* nothing is installed */
	CE_ROOT_STALE, /* what is installed is not what is locked */
	CE_ROOT_READY
};

/*
 * What `ccenv doctor` judges: all that it knows of the machine and the project. ccenv_doctor()
 * collects the facts; ce_diagnose() only thinks, so that a test can make up any machine. A text is
 * NULL and a number 0 where there is none.
 */
struct ce_facts {
	/* the machine */
	const struct ce_virtual *virtuals; /* what packages may depend on; n_virtuals of them */
	size_t n_virtuals;
	int driver_major, driver_minor; /* the newest CUDA that the driver supports */
	int gpu_major, gpu_minor;       /* the lowest compute capability of the devices */
	const char *glibc;
	const char *cmake;       /* version of the first cmake in PATH */
	struct ce_strs toolkits; /* system directories and files that belong to a CUDA toolkit */
	struct ce_strs
		variables; /* those set that change a build, by name: ce_hostile_variable() */
	struct ce_place places[2]; /* the build tree and the cache; path NULL: not looked at */
	const char *cache_shared;  /* why others could change what is in the cache */
	bool cache_accepted;       /* the user knows that they could */
	/* the project */
	const char *manifest, *lock; /* paths */
	const char *untrusted;       /* why the manifest was not read */
	const char *unlocked;        /* why the lock does not answer the manifest */
	const char *target;          /* name of the target that is looked at */
	const char *target_platform; /* of its host */
	const char *target_glibc;    /* that its host is said to have */
	const char *emulator;        /* that runs programs of the host here */
	const char *driver_lacks; /* the same of the driver, for packages that only run with one */
	const char *host_lacks;   /* what the locked packages need and the machine lacks */
	const char *cuda;         /* locked release: "12.9" */
	const char *sysroot;      /* glibc of the locked sysroot: "2.34" */
	bool has_gcc;             /* a host compiler is locked */
	uint64_t locked_bytes;    /* of the archives */
	enum ce_root_state root;
};

/* The variables that are looked for, by number from 0; NULL behind the last. */
const char *ce_hostile_variable(size_t i);

/* One finding or more of each check that could be made, in the order of the checks; texts from `a`. */
void ce_diagnose(const struct ce_facts *f, struct ce_arena *a, struct ccenv_diagnoses *ret);

#endif
