/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_LAYOUT_H
#define CE_CACHE_LAYOUT_H

/*
 * Where things are in the cache, which all projects of a user share (--cache-dir, CCENV_CACHE_DIR,
 * $XDG_CACHE_HOME/ccenv, ~/.cache/ccenv). Pure path functions: nothing here looks at the disk. Each
 * result is malloc'ed.
 *
 * - CACHEDIR.TAG
 * - pkgs/<digest>/: an unpacked package, and nothing else; the digest is that of its archive
 * - pkgs/<digest>.list: what is in it; no path of a package leads here
 * - archives/<digest>.part: a download that is incomplete or not yet unpacked
 * - repodata/: index files and what is known of their freshness
 * - locks/: lock files between processes
 */

/* NULL when none of the variables is set. */
char *ce_cache_default(const char *(*getenv_fn)(const char *name));

char *ce_cache_pkgs(const char *cache_dir);
/* The directory of an entry, and its list; cache/entry.h. */
char *ce_cache_entry(const char *cache_dir, const char *digest);
char *ce_cache_list(const char *cache_dir, const char *digest);
/* What makes or removes an entry holds this lock. */
char *ce_cache_entry_lock(const char *cache_dir, const char *digest);
char *ce_cache_archives(const char *cache_dir);
char *ce_cache_part(const char *cache_dir, const char *digest);
char *ce_cache_repodata(const char *cache_dir);
char *ce_cache_locks(const char *cache_dir);

#endif
