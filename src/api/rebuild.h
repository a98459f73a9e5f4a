/* SPDX-License-Identifier: MIT */
#ifndef CE_API_REBUILD_H
#define CE_API_REBUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

/*
 * What the parts of ccenv_rebuild_check() share:
 *
 *     rebuild.c          the steps
 *     rebuild_copy.c     the sources at another place
 *     rebuild_cmake.c    what a CMake build directory was configured with
 *     rebuild_run.c      a build under another user, time, …
 *     rebuild_files.c    the artefacts of a build
 *     rebuild_compare.c  two files: where they differ
 *     rebuild_text.c     two texts: why they differ
 *     rebuild_cause.c    the causes and their cures
 *     rebuild_report.c   diffoscope
 */

/* One of the two builds, and what is known of it. */
struct ce_build {
	const char *source; /* absolute, without links */
	const char *dir;    /* of the artefacts */
	const char *home, *user, *host, *tmp, *locale;
	unsigned cores, umask;
	uid_t uid;
	int64_t from, until; /* when it ran, by its own clock; 0: not known */
};

enum ce_cause {
	CE_CAUSE_DATE,
	CE_CAUSE_PATH,
	CE_CAUSE_DEBUG_PATH,
	CE_CAUSE_DEVICE,
	CE_CAUSE_TMPXFT,
	CE_CAUSE_MODULE_ID,
	CE_CAUSE_RANDOM_SEED,
	CE_CAUSE_COMMAND_LINE,
	CE_CAUSE_RUNPATH,
	CE_CAUSE_BUILD_ID,
	CE_CAUSE_AR_STAMP,
	CE_CAUSE_AR_ORDER,
	CE_CAUSE_ORDER,
	CE_CAUSE_TIME,
	CE_CAUSE_ZONE,
	CE_CAUSE_LOCALE,
	CE_CAUSE_USER,
	CE_CAUSE_UID,
	CE_CAUSE_MODE,
	CE_CAUSE_CORES,
	CE_CAUSE_TEMPORARY,
	CE_CAUSE_RANDOM,
	CE_CAUSE_MISSING,
	CE_CAUSE_UNKNOWN,
	CE_N_CAUSES
};

struct ce_cause_row {
	const char *name, *title, *cure;
};
extern const struct ce_cause_row ce_causes[CE_N_CAUSES];

/* A difference that was found; strings live in the arena of the list. */
struct ce_difference {
	const char *artefact, *section, *symbol, *first, *second;
	enum ce_cause cause;
};

struct ce_differences {
	struct ce_arena arena;
	struct ce_difference *items;
	size_t n, cap;
};

void ce_differences_release(struct ce_differences *list);
/* Notes one; the same cause at the same place of a file is noted once. Texts that are not printable are
 * cut and escaped. */
void ce_difference_add(struct ce_differences *list, const struct ce_difference *d);

/* Why two texts differ that stand at the same place of an ELF section ("" elsewhere), as far as the
 * texts themselves show it; CE_CAUSE_UNKNOWN when they do not. */
enum ce_cause ce_text_cause(const struct ce_build builds[2], const char *section, const char *first,
	const char *second);
/* Why a section differs where its texts do not show it. */
enum ce_cause ce_section_cause(const char *section);

/* Compares the bytes of an artefact of both builds and notes why they differ. */
void ce_compare_bytes(const struct ce_build builds[2], const char *artefact,
	const unsigned char *const data[2], const size_t size[2], struct ce_differences *list);

/* Is the file at `path` (relative; `name` is its last part) one that a build system keeps for itself? */
bool ce_artefact_is_bookkeeping(const char *path);
/*
 * The artefacts in and below `dir`, as sorted relative paths in the arena: regular files, without what
 * build systems keep for themselves and without roots of ccenv. `before` (may be NULL) is a map from path
 * to the text of ce_artefact_state(): files that have that state are left out.
 */
struct ce_map;
CE_MUST_CHECK int ce_artefacts_find(const char *dir, const struct ce_map *before,
	struct ce_arena *a, struct ce_strs *ret, struct ccenv_error *err);
/* The state of all files in and below `dir`, for `before`; values live in the arena. */
CE_MUST_CHECK int ce_artefacts_state(
	const char *dir, struct ce_arena *a, struct ce_map *ret, struct ccenv_error *err);

/* Copies the sources: of a git work tree what it tracks or would add, else everything but build
 * directories, roots and `skip` (may be NULL). */
CE_MUST_CHECK int ce_sources_copy(const struct ccenv *c, const char *from, const char *to,
	const char *skip, struct ccenv_error *err);

/* What CMake was configured with. */
struct ce_cmake_build {
	struct ce_arena arena;
	const char *source, *generator;
	const char *command;    /* the cmake that configured it */
	const char *cuda;       /* its flags for CUDA, or NULL without that language */
	const char *toolchain;  /* its toolchain file, or NULL */
	bool sccache;           /* compilers are started by sccache */
	struct ce_strs options; /* -DNAME:TYPE=VALUE, for a build of `to` in `dir` */
};

CE_MUST_CHECK int ce_cmake_read(
	const char *build_dir, struct ce_cmake_build *ret, struct ccenv_error *err);
/* Fills options: paths below the old source directory lead to the new one; values that lead into the old
 * build directory are found again. */
CE_MUST_CHECK int ce_cmake_options(struct ce_cmake_build *b, const char *build_dir,
	const char *new_source, struct ccenv_error *err);
void ce_cmake_release(struct ce_cmake_build *b);

/* cicc and ptxas hang where libfaketime is loaded: their allocator asks for the time. The nvcc of a view
 * starts them without it. */
enum ce_nvcc {
	CE_NVCC_NONE,       /* there is no CUDA code */
	CE_NVCC_OF_VIEW,    /* it is compiled by the nvcc of a view */
	CE_NVCC_OF_ANOTHER, /* or by any other */
};

/* Is this file the nvcc of a view that starts NVIDIA's compilers without libfaketime? */
bool ce_nvcc_drops_faketime(const char *path);

/* How the second build is run; `varied` and `not_varied` say it for people. */
struct ce_variation {
	struct ce_arena arena;
	bool user;                  /* another user and host, by a user namespace */
	const char *faketime;       /* the library; NULL without */
	bool epoch;                 /* SOURCE_DATE_EPOCH, from which compilers take __DATE__ */
	const char *cache_dir;      /* of ccenv, as the home is another */
	const char *passwd, *group; /* files that name the other user, or NULL */
	const char *varied[16], *not_varied[16];
	size_t n_varied, n_not_varied;
};

/* The zone of the second build, as date and strftime() name it: no whole hours from any other. */
#define CE_OTHER_ZONE_TEXT "+1345"

enum {
	CE_REBUILD_LATER_S = 34819200 /* 403 days: another year, month, day and weekday */
};

/* Finds out what this machine can vary and fills in what the second build has of it. `second` has its
 * home and its directory for temporary files, next to which files are made. */
void ce_variation_find(const struct ccenv *c, const struct ce_build *first, enum ce_nvcc nvcc,
	struct ce_variation *ret, struct ce_build *second);
/* Runs a command in `dir`, its output in the file `log`, varied or (NULL) not. CCENV_EDATA when it fails,
 * with the end of the output. Notes the times in *build. */
CE_MUST_CHECK int ce_rebuild_run(const char *const *argv, const char *dir, const char *log,
	const struct ce_variation *v, struct ce_build *build, struct ccenv_error *err);

/* Copies what differs to `dir`, which is ccenv's own, and has diffoscope, where it is installed, make a
 * report there. *ret_path: of the report, in the arena, or NULL. */
CE_MUST_CHECK int ce_rebuild_report(const char *dir, const struct ce_build builds[2],
	struct ce_strs different, struct ce_arena *a, const char **ret_path,
	struct ccenv_error *err);

#endif
