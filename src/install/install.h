/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_INSTALL_H
#define CE_INSTALL_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;
struct ce_pkg;

/*
 * Cache entries -> a conda prefix (docs/design/packages.md; CEP 17, 20, 32).
 *
 * The prefix is built under a temporary name and put in place in one step: it is the old one or the
 * new one, never a mixture. No script of a package is run; a package that has one is named in a warning. Prefix
 * placeholders are replaced for the final path.
 */
struct ce_install_options {
	const char *cache_dir; /* ce_fetch() has filled it for these packages */
	const char *prefix;    /* absolute; its parent may not exist yet */
	const char *const
		*requested; /* canonical spec texts, for requested_specs of the records (CEP 32) */
	size_t n_requested;
	unsigned threads; /* 0: as many as there are processors */
	bool force;       /* build it even if it is current (--repair) */
	const struct ccenv_events *events;
};

/* Does `prefix` hold exactly these packages already? Reads one small file; nothing is walked. */
bool ce_install_is_current(
	const struct ce_pkg *const *pkgs, size_t n, const struct ce_install_options *o);

/*
 * Makes `prefix` hold exactly these packages. Does nothing when it holds them already.
 *
 * Each file of the cache is compared with its entry's list as it is linked. CCENV_EDATA may say
 * that one is not as it was unpacked, CCENV_ENOTFOUND that it is gone, as when somebody cleans the
 * cache: ce_fetch() with CE_FETCH_CHECK_FILES then finds and mends it, and the install can be tried
 * once more.
 */
CE_MUST_CHECK int ce_install(const struct ce_pkg *const *pkgs, size_t n,
	const struct ce_install_options *o, struct ccenv_error *err);

struct ce_verify_options {
	/* What is locked; NULL: the packages that the prefix's own records name. */
	const struct ce_pkg *const *pkgs;
	size_t n_pkgs;
	const char *cache_dir; /* NULL: it cannot be relied on */
	/* Another program made the prefix: its records are all there is to compare with, and they may
	 * lack hashes. */
	bool foreign;
	unsigned threads; /* 0: as many as there are processors */
	const struct ccenv_events *events;
};

/*
 * Compares every file of the prefix with its record, and the records with the packages' lists in
 * the cache: who changes a file may have changed its record, too. Packages that the cache does not
 * have are named in a warning. The first differences are named in err (CCENV_EHASH).
 */
CE_MUST_CHECK int ce_install_verify(
	const char *prefix, const struct ce_verify_options *o, struct ccenv_error *err);

#endif
