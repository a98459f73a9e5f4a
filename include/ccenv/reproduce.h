/* SPDX-License-Identifier: MIT */
#ifndef CCENV_REPRODUCE_H
#define CCENV_REPRODUCE_H

/* Builds that give the same bytes, and what something was built from. Rules as in ccenv/ccenv.h. */

#include "ccenv/install.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ccenv_rebuild_options {
	/* A CMake build directory, which is compared with a second build; or, with a command, the directory
	 * below the sources whose files are compared [the working directory: "."] */
	const char *build_dir;
	/* Builds, in the sources' directory: it is run in two copies of them. NULL: CMake. NULL behind the
	 * last */
	const char *const *argv;
	/* For diffoscope's report and the files that differ [ccenv-rebuild-check in the build directory, or
	 * here]; made only where something differs */
	const char *report_dir;
};

/* One difference between the two builds. */
struct ccenv_rebuild_finding {
	const char *
		artefact; /* path from the build directory; of a member of an archive, "lib.a(m.o)" */
	const char *section; /* of an ELF file; "" for others */
	const char *symbol;  /* "" when there is none */
	const char *cause; /* a word, stable: "date", "path", "tmpxft", … (docs/rebuild-check.md) */
	const char *title; /* the same for people */
	const char *cure;
	const char *first, *second; /* what the builds have there, as text */
};

struct ccenv_rebuild {
	size_t n_artefacts, n_different;
	struct ccenv_rebuild_finding *findings; /* by cause, then by artefact */
	size_t n_findings;
	const char *const *varied; /* what was different: "directory", "time (libfaketime)", … */
	size_t n_varied;
	const char *const *not_varied; /* what could not be, and why */
	size_t n_not_varied;
	const char *report; /* of diffoscope; NULL when there is none */
	void *owner;
};

/*
 * Builds a second time, in another directory and under another user, home, time, time zone, locale, umask
 * and number of processors, and says what differs and why. Differences are not a failure: they are in
 * *ret. A build that fails is CCENV_EDATA, with the end of what it printed. `c` needs no manifest.
 */
CCENV_API int ccenv_rebuild_check(struct ccenv *c, const struct ccenv_rebuild_options *o,
	struct ccenv_rebuild *ret, struct ccenv_error *err);
/* Frees what the struct holds, not `rebuild` itself. */
CCENV_API void ccenv_rebuild_free(struct ccenv_rebuild *rebuild);

struct ccenv_provenance_options {
	const char *const
		*files; /* that were built [programs and libraries of the build directory] */
	size_t n_files;
	struct ccenv_selection of; /* as for ccenv_install() */
	const char
		*builder; /* URI of who built them ["https://ccenv.dev/provenance/builder/local"] */
};

/*
 * What the files were built from, as JSON: an in-toto Statement v1 with a SLSA provenance v1. The source
 * commit (and whether the work tree is as committed), manifest, lock and each locked package with their
 * digests, targets, and flags of the CMake build directory that has the first file. It names no time but
 * that of SOURCE_DATE_EPOCH, so the same files and inputs give the same text. free() it.
 */
CCENV_API int ccenv_provenance(struct ccenv *c, const struct ccenv_provenance_options *o,
	char **ret_text, struct ccenv_error *err);

struct ccenv_touch_result {
	size_t n_files;      /* that git tracks, those of submodules too */
	size_t n_touched;    /* that have another time now */
	size_t n_modified;   /* that are not as committed, and keep their time */
	size_t n_submodules; /* that are checked out */
	bool shallow; /* old commits are not there: some times would be others in a full clone */
};

/*
 * Gives each file and link of the git work tree that has the working directory, and of its submodules, the
 * time of the newest commit that changed it, so that it is the same in every checkout. CCENV_ENOTFOUND
 * outside a repository, or without git. `c` needs no manifest.
 */
CCENV_API int ccenv_touch(struct ccenv *c, struct ccenv_touch_result *ret, struct ccenv_error *err);

#ifdef __cplusplus
}
#endif
#endif
