/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_PLAN_H
#define CE_INSTALL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"

struct ccenv_error;
struct ccenv_events;
struct ce_content;
struct ce_contents;
struct ce_pkg;

/*
 * What will stand where: every path of the prefix, decided before anything is written.
 *
 * Packages are in dependency order, dependencies first. Where two want one path, the later one has
 * it, as if each had been installed over those before it: a file takes the place of a file, of a
 * link, or of a directory and all in it, and a directory that of a file or link. But where one
 * package has a link to a directory of the prefix and another has files below it, the files go to
 * that directory and the link stays. So every directory of the prefix is a real one, and nothing is
 * written through a link.
 */
struct ce_planned_path {
	const char *path;                 /* in the prefix */
	const struct ce_content *content; /* what it is made from; NULL for an entry point */
	const char *text;                 /* of an entry point's script */
	unsigned package;                 /* index into ce_install_plan.pkgs */
	bool shadowed;                    /* another package's path stands here */
	/* Filled by ce_link(): */
	bool relocated;
	const char *sha256_in_prefix; /* NULL for a directory; of a link: of its target's text */
	uint64_t size_in_prefix;
	char hash[CE_SHA256_HEX + 1]; /* where sha256_in_prefix points when it had to be computed */
};

struct ce_planned_pkg {
	struct ce_arena arena;
	const struct ce_pkg *pkg;
	char *dir;                    /* its entry in the cache */
	struct ce_contents *contents; /* NULL only in a partial plan */
	struct ce_planned_path *paths;
	size_t n_paths, cap_paths;
	bool has_scripts;
	const char *bad_entry_point; /* one that no script can be made of; or NULL */
};

/* A directory of the prefix, and what stands directly in it. */
struct ce_planned_dir {
	const char *path; /* "" for the prefix itself */
	size_t first, n;  /* of ce_install_plan.paths */
};

struct ce_install_plan {
	const char *prefix; /* the final path */
	bool partial;       /* a package without a list is left empty */
	struct ce_arena arena;
	struct ce_planned_pkg *pkgs;
	size_t n_pkgs;
	const char *python;        /* "3.12", or NULL */
	const char *site_packages; /* where "site-packages/" of a noarch package goes, or NULL */
	struct ce_planned_path *
		*paths; /* those that are not shadowed, no directories; by directory */
	size_t n_paths;
	struct ce_planned_dir *dirs; /* all of them, parents first */
	size_t n_dirs;
};

/* Borrows pkgs. Reads the packages' own lists, in parallel; warnings go to `events`. */
CE_MUST_CHECK int ce_install_plan_new(const struct ce_pkg *const *pkgs, size_t n,
	const char *cache_dir, const char *prefix, struct ce_install_plan **ret_plan,
	struct ccenv_error *err);
/* The same, for looking at what is installed: a package whose list cannot be read has no contents and
 * no paths. */
CE_MUST_CHECK int ce_install_plan_partial(const struct ce_pkg *const *pkgs, size_t n,
	const char *cache_dir, const char *prefix, struct ce_install_plan **ret_plan,
	struct ccenv_error *err);
void ce_install_plan_free(struct ce_install_plan *plan);
CE_DEFINE_FREEP(struct ce_install_plan, ce_install_plan_free, ce_install_plan_freep)

/* package.c: reads the list of one entry. */
CE_MUST_CHECK int ce_install_plan_read_package(struct ce_planned_pkg *p, struct ccenv_error *err);
/* Room for one more path. */
struct ce_planned_path *ce_install_plan_add_path(struct ce_planned_pkg *p);

/* python.c: noarch python packages (CEP 17, CEP 20). */
CE_MUST_CHECK int ce_install_plan_find_python(
	struct ce_install_plan *plan, struct ccenv_error *err);
/* Moves the paths of a noarch python package to where this python wants them, and adds its entry
 * points. */
CE_MUST_CHECK int ce_install_plan_python(
	const struct ce_install_plan *plan, struct ce_planned_pkg *p, struct ccenv_error *err);

/* order.c: dependencies first; the same for every order of the input. `ret_order` has room for n.
 */
void ce_install_plan_order(
	const struct ce_pkg *const *pkgs, size_t n, const struct ce_pkg **ret_order);

/* conflict.c: decides which package has each path, fills paths and dirs of the plan. */
CE_MUST_CHECK int ce_install_plan_resolve_clobbers(
	struct ce_install_plan *plan, struct ccenv_error *err);
/* follow_links.c: paths below links of other packages become those that the links lead to. */
CE_MUST_CHECK int ce_install_plan_follow_links(
	struct ce_install_plan *plan, struct ccenv_error *err);
/* Tells of conflicts, and of scripts that are not run. */
void ce_install_plan_warn(const struct ce_install_plan *plan, const struct ccenv_events *events);

#endif
