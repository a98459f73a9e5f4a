/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_ENTRY_H
#define CE_CACHE_ENTRY_H

#include <stdbool.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_archive_entry;
struct ce_contents;

/*
 * Entries of the cache: how one is made, and whether one that is there can still be trusted.
 *
 * info/ccenv.list in the entry lists every file with its size and time, every link with its target
 * (cache/contents.h). Comparing them needs one lstat() a file and finds what goes wrong in
 * practice: files cut short by a power cut, edited through a hard link, or removed. ce_install()
 * compares each file as it links it; here all are compared at once, when that has found something.
 * `ccenv verify` reads the bytes.
 *
 * An entry is made in pkgs/tmp/ and renamed. Whoever makes one holds a lock on its temporary
 * directory, so that what a killed process left behind can be told from what is being made.
 */

/* Is there one? What an entry has last is its list. */
bool ce_entry_is_there(const char *dir);

/* 0 when whole; CCENV_ENOTFOUND when absent; CCENV_EDATA when damaged, with the first difference as
 * text. */
CE_MUST_CHECK int ce_entry_check(const char *dir, struct ccenv_error *err);

/* The same, and the bytes of every file against the hashes of info/paths.json (old packages have
 * none). */
CE_MUST_CHECK int ce_entry_check_bytes(const char *dir, struct ccenv_error *err);
/* Notes that the entry is used now, for ccenv clean; once an hour is enough. Failures are ignored.
 */
void ce_entry_touch(const char *dir);

/* One that is being made. Life: begin, note for each entry, then publish or drop. */
struct ce_entry {
	char *tmp;   /* its directory */
	int lock_fd; /* of that directory */
	struct ce_contents *contents;
	bool listed; /* the package's own lists have been read */
};

CE_MUST_CHECK int ce_entry_begin(const char *cache_dir, const char *key, struct ce_entry *ret_entry,
	struct ccenv_error *err);
void ce_entry_note(struct ce_entry *e, const struct ce_archive_entry *file);
/* Reads the package's own lists into contents; ce_entry_publish() does it if nobody has. */
CE_MUST_CHECK int ce_entry_list(struct ce_entry *e, struct ccenv_error *err);
/* Reads the package's own lists, writes ours, and renames to `dir`. Another process that was faster
 * is fine. */
CE_MUST_CHECK int ce_entry_publish(struct ce_entry *e, const char *dir, struct ccenv_error *err);
void ce_entry_drop(struct ce_entry *e); /* removes what is there; fine after publish */

/* Moves an entry out of the way, then removes it. */
CE_MUST_CHECK int ce_entry_remove(const char *cache_dir, const char *dir, struct ccenv_error *err);
/* Removes what processes that are gone left in pkgs/tmp/. Failures are ignored: the next run tries
 * again. */
void ce_entry_sweep(const char *cache_dir);

#endif
