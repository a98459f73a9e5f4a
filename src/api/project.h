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
 * What is behind a struct ccenv; the rest of api/ shares it. A public call, ccenv_info(), is in the file of its name, info.c, but
 *
 *     ccenv_close, ccenv_manifest_path        open.c          ccenv_ci, ccenv_container    recipes.c
 *     ccenv_add, ccenv_remove                 dependencies.c  ccenv_emulate                emulator.c
 *     ccenv_shell_hook, ccenv_project_name    environment.c   ccenv_rebuild_check          rebuild.c
 *     ccenv_setting_change                    settings.c      ccenv_vendor                 toolchain.c
 *
 * and these have what they share:
 *
 *     plan           manifest -> requests -> solutions -> lock
 *     pair           makes the two sides of a target agree; a part of plan
 *     outdated_note  the last answer of ccenv_outdated(), as long as it holds
 *     edit           an edit of ccenv.json that is solved before it is written
 *     locked         the lock of the project, read and checked against the manifest
 *     handed         locked packages for a mirror or a bundle
 *     imported       locks of other programs
 *     prefix         where the packages of a lock are installed
 *     stamp          what a root says that it has
 *     root           is the root ccenv's own directory?
 *     trust          could another user have made what was found?
 *     uptodate       is there nothing to do?
 *     reproducible   is a build to be reproducible, and of which date?
 *     emulator       how programs of a target run on this machine
 *     host_check     does this machine have what the locked packages need?
 *     diagnose       what the facts of a machine and a project mean
 *     binaries       the programs and libraries of a build tree
 *     cmake_cache    what a CMake build directory was configured with
 *     static_cudart  whose static CUDA runtime a program has
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
/* CCENV_EUSAGE for a URL with credentials, which goes into a file that is to be committed. `what` is there. */
CE_MUST_CHECK int ce_project_check_committed_url(
	const char *what, const char *url, struct ccenv_error *err);

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
