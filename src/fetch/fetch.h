/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_FETCH_H
#define CE_FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;
struct ce_pkg;

/*
 * Locked packages -> verified, unpacked entries of the cache (layout.h: pkgs/<sha256>/).
 *
 * Fetching and unpacking are one stage, so that bytes are hashed and unpacked while they arrive and
 * nothing is read twice. An entry is unpacked into a temporary directory next to its place and
 * renamed when the sha256 of the archive and every path in it have been checked: an entry that is
 * exists is complete. Entries are read-only and never edited. Several processes may want the same
 * entry: one makes it, the others wait for that entry only.
 */
/* How closely an entry that exists is looked at. */
enum ce_fetch_check {
	CE_FETCH_CHECK_NONE,  /* ce_install() looks at each file as it links it */
	CE_FETCH_CHECK_FILES, /* size and time of each file, the text of each link */
	/*
	 * Nothing that is cached counts: each archive is fetched and unpacked again (--repair). An
	 * entry is compared with notes that lie in the cache; the lock has the digest of the archive
	 * alone. An entry whose archive cannot be had stays if all its bytes are those of the notes,
	 * with a warning.
	 */
	CE_FETCH_AGAIN,
};

struct ce_fetch_options {
	const char *cache_dir;
	bool offline;
	unsigned threads; /* 0: as many as there are processors */
	const char *const *
		external_caches; /* caches of other programs to look into first; see external_cache.h */
	size_t n_external_caches;
	const char *const
		*trusted_caches; /* such too, and what is unpacked there; see import_unpacked.h */
	size_t n_trusted_caches;
	enum ce_fetch_check check;
	uint64_t max_unpacked; /* bytes, of all packages together; 0: by the size of the archives */
	uint64_t
		max_unsized; /* bytes, of an archive whose record does not say its size; 0: 8 GiB */
	const char *const *channels; /* as the user wrote them, for the credentials in them */
	size_t n_channels;
	const char *(*getenv_fn)(const char *name);
	const struct ccenv_events *events;
};

/*
 * Returns when every package has an entry in the cache; what `o` says is looked at, is right.
 * Borrows everything. Reports progress (CCENV_PHASE_FETCH) and waits for other processes that make
 * the same entries. On failure, entries that were complete stay. CCENV_EHASH: an archive is not the
 * locked one, or a locked name is not the package's. CCENV_EDATA: an archive is the locked one, but
 * no good package. CCENV_ENET, CCENV_EOFFLINE, CCENV_ENOTFOUND: it cannot be had.
 */
CE_MUST_CHECK int ce_fetch(const struct ce_pkg *const *pkgs, size_t n,
	const struct ce_fetch_options *o, struct ccenv_error *err);

#endif
