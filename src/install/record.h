/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_RECORD_H
#define CE_INSTALL_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/digest.h"
#include "install/link.h"

struct ccenv_error;
struct ce_install_options;
struct ce_pkg;
struct ce_install_plan;

/*
 * conda-meta/: what conda, mamba, pixi and ccenv itself read of a prefix (CEP 32).
 *
 * <name>-<version>-<build>.json for each package, `history`, and `ccenv`, ccenv's own stamp. The
 * stamp has no ".json" at the end: conda's tools take every *.json there for a package.
 */
struct ce_record_options {
	const struct ce_install_plan *plan;
	const char *root; /* the prefix under construction */
	const char *const *requested;
	size_t n_requested;
	enum ce_link_method method;
	unsigned threads;
};

/* Writes all records and the history into root/conda-meta/. */
CE_MUST_CHECK int ce_record_write(const struct ce_record_options *o, struct ccenv_error *err);

/*
 * What the prefix holds, as one hash: of its path, the packages' digests and the requested specs.
 * Any order of pkgs gives the same.
 */
void ce_stamp_content(const struct ce_pkg *const *pkgs, size_t n,
	const struct ce_install_options *o, char hex[CE_SHA256_HEX + 1]);
struct ce_stamp {
	const char *content;
	const char *prefix;   /* where it will be */
	const char *built_as; /* the path it is made under */
	size_t n_pkgs;        /* each has a record */
};

/* Writes root/conda-meta/ccenv, last of all: with it the prefix is complete. */
CE_MUST_CHECK int ce_stamp_write(
	const char *root, const struct ce_stamp *stamp, struct ccenv_error *err);
/*
 * Does the prefix say that it holds this? `ret_leftover`: is there something where it was made, so
 * that whoever made it did not come to take the old one away?
 */
bool ce_stamp_matches(const char *prefix, const char *content, bool *ret_leftover);
/* Is the prefix where it was made? Its files hold its path. `ret_n_pkgs`: how many records it must
 * have; 0 when an older ccenv did not note it. */
CE_MUST_CHECK int ce_stamp_check_place(
	const char *prefix, size_t *ret_n_pkgs, struct ccenv_error *err);
/*
 * Has it been moved or copied since it was made, so that its files hold the path of another directory?
 * `ret_from` is that path then, which the caller frees. A prefix that is seen by two paths has not.
 */
bool ce_stamp_has_moved(const char *prefix, char **ret_from);
/* Was it made by ccenv, so that it may be replaced? */
bool ce_stamp_is_there(const char *prefix);

#endif
