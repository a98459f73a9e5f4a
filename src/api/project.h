/* SPDX-License-Identifier: MIT */
#ifndef CE_API_PROJECT_H
#define CE_API_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

struct ce_arena;
struct ce_manifest;
struct ce_pkg;

/*
 * What is behind a struct ccenv; the rest of api/ shares it. Which file has which public call:
 *
 *     open.c         ccenv_open, ccenv_close          tools.c        ccenv_tools
 *     init.c         ccenv_init                       environment.c  ccenv_environment, ccenv_shell_hook
 *     lock.c         ccenv_lock                       toolchain.c    ccenv_toolchain, ccenv_vendor
 *     install.c      ccenv_install                    presets.c      ccenv_presets
 *     verify.c       ccenv_verify                     archs.c        ccenv_archs
 *     list.c         ccenv_list                       check.c        ccenv_check
 *     solve.c        ccenv_solve                      info.c         ccenv_info
 *     clean.c        ccenv_clean                      search.c       ccenv_search
 *     edit.c         ccenv_add, ccenv_remove          touch.c        ccenv_touch
 *     exec.c         ccenv_exec                       export.c       ccenv_export
 *     import.c       ccenv_import                     adopt.c        ccenv_adopt
 *     rebuild.c      ccenv_rebuild_check              mirror.c       ccenv_mirror
 *     bundle.c       ccenv_bundle                     provenance.c   ccenv_provenance
 *
 * and which has what they share:
 *
 *     plan           manifest -> requests -> solutions -> lock
 *     pair           makes the two sides of a target agree; a part of plan
 *     edit           an edit of ccenv.json that is solved before it is written
 *     locked         the lock of the project, read and checked against the manifest
 *     prefix         where the packages of a lock are installed
 *     root           is the root ccenv's own directory?
 *     trust          could another user have made what was found?
 *     uptodate       is there nothing to do?
 *     binaries       the programs and libraries of a build tree
 *     imported       locks of other programs
 *     diagnose       what the facts of a machine and a project mean
 *     handed         locked packages for a mirror or a bundle
 *     host_check     does this machine have what the locked packages need?
 */
struct ccenv {
	struct ce_manifest *manifest; /* NULL without one */
	struct ce_buf manifest_text;  /* the bytes that it was made from */
	char *manifest_path;          /* absolute, NULL without a file */
	char *lock_path;              /* absolute */
	char *root;                   /* absolute */
	char *cache_dir;              /* absolute */
	bool root_is_named, lock_is_named,
		cache_is_named; /* by an option or a variable, not found */
	bool shared_cache, offline;
	struct ccenv_error untrusted; /* code 0, or why the manifest found was not read */
	char **package_caches, **trusted_caches; /* absolute */
	size_t n_package_caches, n_trusted_caches;
	const char *(*getenv_fn)(const char *name);
	struct ccenv_events events;
};

/* Fails if a manifest was found that may not be used (CCENV_EUNTRUSTED). For calls that look at the
 * lock or the root next to it. */
CE_MUST_CHECK int ce_project_check(const struct ccenv *c, struct ccenv_error *err);
/* The same, and CCENV_ENOTFOUND, with the ways to get one, for a project without a manifest. */
CE_MUST_CHECK int ce_project_need_manifest(const struct ccenv *c, struct ccenv_error *err);
/* CCENV_ENOTFOUND for a lock that is not there, with what to do about it. */
CE_MUST_CHECK int ce_project_no_lock(const struct ccenv *c, struct ccenv_error *err);

/*
 * From now on the project is a lock and nothing else, as for `ccenv install --from-lock`: no manifest, and
 * a root that is not named is the working directory's. CCENV_EUSAGE for an empty path.
 */
CE_MUST_CHECK int ce_project_use_lock(
	struct ccenv *c, const char *lock_path, struct ccenv_error *err);

/* What the `owner` of a result struct of the public API points to: an arena for its strings. */
struct ce_arena *ce_owner_new(void);
/* NULL is fine. */
void ce_owner_free(void *owner);

/* Copies packages to a result of the public API; those that one of the specs in `requested` names are marked. */
void ce_packages_fill(const struct ce_pkg *const *pkgs, size_t n, struct ce_strs requested,
	struct ccenv_packages *ret);

#endif
