/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_ENTRY_H
#define CE_CACHE_ENTRY_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/stage.h"

struct ccenv_error;
struct ce_archive_entry;
struct ce_contents;
struct ce_pkg;

/*
 * Cache entries: how one is made, and whether one that exists can still be trusted.
 *
 * An entry is two things (model/layout.h): the directory pkgs/<digest>, which holds the unpacked
 * package and nothing else, and the file pkgs/<digest>.list, ccenv's own note of every file with
 * its size and time and of every link with its target (cache/contents.h). The list lies outside of
 * the directory so that no path and no link of a package can name it. It is written last and
 * removed first: without it there is no entry.
 *
 * Comparing an entry with its list needs one lstat() per file and finds what goes wrong in
 * practice: files cut short by a power cut, edited through a hard link, or removed. ce_install()
 * compares each file as it links it; here all are compared, when that has found something.
 * `ccenv verify` reads the bytes.
 *
 * An entry is made under a temporary name (base/stage.h) and put in place by two renames.
 *
 * `dir` is the path of the directory everywhere below.
 */

bool ce_entry_exists(const char *dir);

/*
 * The list of the entry of `pkg`. CCENV_ENOTFOUND when there is no entry; CCENV_EDATA when the list
 * is damaged or belongs to another digest; CCENV_EHASH when the archive with this digest is another
 * package than `pkg` says.
 */
CE_MUST_CHECK int ce_entry_read(const char *dir, const struct ce_pkg *pkg,
	struct ce_contents **ret_contents, struct ccenv_error *err);

/* Compares all files with the list. 0 when they agree; otherwise as ce_entry_read(), with the first
 * difference as text. */
CE_MUST_CHECK int ce_entry_check(
	const char *dir, const struct ce_pkg *pkg, struct ccenv_error *err);
/* The same, and the bytes of every file against their hashes. */
CE_MUST_CHECK int ce_entry_check_bytes(
	const char *dir, const struct ce_pkg *pkg, struct ccenv_error *err);

/* Notes that the entry is used now, for ccenv clean; once an hour is enough. Failures are ignored.
 */
void ce_entry_touch(const char *dir);

/* One that is being made. Life: begin, note for each entry, then publish or drop. */
struct ce_entry {
	struct ce_stage stage; /* a temporary directory that is never put in place itself */
	char *tree;            /* in it: the directory to unpack into */
	struct ce_contents *contents;
	bool listed; /* the package's own lists have been read */
};

CE_MUST_CHECK int ce_entry_begin(const char *cache_dir, const char *key, struct ce_entry *ret_entry,
	struct ccenv_error *err);
/* Adds what was unpacked to the contents; texts are copied. */
void ce_entry_note(struct ce_entry *e, const struct ce_archive_entry *file);
/* Reads the package's own lists into contents; ce_entry_publish() does it if nobody has. */
CE_MUST_CHECK int ce_entry_list(struct ce_entry *e, struct ccenv_error *err);
/* Renames the directory to `dir`, then writes the list. Another process that was faster is fine. */
CE_MUST_CHECK int ce_entry_publish(
	struct ce_entry *e, const char *dir, const struct ce_pkg *pkg, struct ccenv_error *err);
/* Removes what is left of it; to be called after publish, too. */
void ce_entry_drop(struct ce_entry *e);

/* Removes the list, then the directory. */
CE_MUST_CHECK int ce_entry_remove(const char *dir, struct ccenv_error *err);
/* Removes what killed processes left in pkgs/. Failures are ignored: the next run tries again. */
void ce_entry_sweep(const char *cache_dir);

#endif
