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
struct ce_pkg;

/*
 * What will stand where: every path of the prefix, decided before anything is written.
 *
 * Packages are in dependency order, dependencies first. Where two want one path, the later one has
 * it, as if each had been installed over those before it: a file takes the place of a file, of a
 * link, or of a directory and all in it, and a directory that of a file or link. So every directory
 * of the prefix is a real one, and nothing is written through a link.
 */
enum ce_path_kind {
	CE_PATH_FILE,
	CE_PATH_LINK,
	CE_PATH_DIR,
	CE_PATH_ENTRY_POINT, /* made here, not packaged */
};

struct ce_planned_path {
	const char *path;   /* in the prefix */
	const char *source; /* in the package; NULL for an entry point */
	enum ce_path_kind kind;
	const char *sha256;      /* as packaged, or NULL */
	uint64_t size;           /* as packaged */
	const char *placeholder; /* to be replaced, or NULL */
	const char *text;        /* of an entry point */
	unsigned owner;          /* index into ce_plan.pkgs */
	bool has_size;
	bool binary;  /* the placeholder is in a binary file */
	bool no_link; /* must be a copy */
	bool lost;    /* another package's path stands here */
	/* Filled by ce_link(): */
	bool relocated;
	char sha256_in_prefix[CE_SHA256_HEX + 1]; /* "" for a directory */
	uint64_t size_in_prefix;
};

struct ce_planned_pkg {
	struct ce_arena arena;
	const struct ce_pkg *pkg;
	char *dir; /* its entry in the cache */
	struct ce_planned_path *paths;
	size_t n_paths, cap_paths;
	const char **entry_points; /* "command = module:function" */
	size_t n_entry_points;
	bool has_scripts;
};

struct ce_plan {
	const char *prefix; /* the final path */
	struct ce_arena arena;
	struct ce_planned_pkg *pkgs;
	size_t n_pkgs;
	const char *python;        /* "3.12", or NULL */
	const char *site_packages; /* where "site-packages/" of a noarch package goes, or NULL */
	struct ce_planned_path *
		*paths; /* those that are not lost, no directories; sorted by path */
	size_t n_paths;
	const char **dirs; /* all of them, parents first */
	size_t n_dirs;
};

/* Borrows pkgs. Reads the packages' own lists, in parallel; warnings go to `events`. */
CE_MUST_CHECK int ce_plan_new(const struct ce_pkg *const *pkgs, size_t n, const char *cache_dir,
	const char *prefix, struct ce_plan **ret_plan, struct ccenv_error *err);
void ce_plan_free(struct ce_plan *plan);
CE_DEFINE_FREEP(struct ce_plan, ce_plan_free, ce_plan_freep)

/* package.c: reads the list of one entry (info/paths.json, or the older files) and what else
 * installing needs. */
CE_MUST_CHECK int ce_plan_read_package(struct ce_planned_pkg *p, struct ccenv_error *err);
/* Room for one more path. */
struct ce_planned_path *ce_plan_add_path(struct ce_planned_pkg *p);

/* python.c: noarch python packages (CEP 17, CEP 20). */
CE_MUST_CHECK int ce_plan_find_python(struct ce_plan *plan, struct ccenv_error *err);
/* Moves the paths of a noarch python package to where this python wants them, and adds its entry
 * points. */
CE_MUST_CHECK int ce_plan_python(
	const struct ce_plan *plan, struct ce_planned_pkg *p, struct ccenv_error *err);

/* order.c: dependencies first; the same for every order of the input. `ret_order` has room for n.
 */
void ce_plan_order(const struct ce_pkg *const *pkgs, size_t n, const struct ce_pkg **ret_order);

/* conflict.c: decides who has each path, fills paths and dirs of the plan. */
CE_MUST_CHECK int ce_plan_decide(struct ce_plan *plan, struct ccenv_error *err);
/* Tells of conflicts, of links that leave the prefix, and of scripts that are not run. */
void ce_plan_warn(const struct ce_plan *plan, const struct ccenv_events *events);

#endif
