/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_CONTENTS_H
#define CE_CACHE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct ccenv_error;
struct ce_buf;
struct ce_written;
struct stat;

/*
 * What an unpacked package consists of: what lies in its cache entry, and what of that is installed
 * and how.
 *
 * Made once, when the package is unpacked, from its own lists (info/paths.json and its
 * forerunners), and kept as text next to the entry (cache/entry.h): reading that takes a tenth of
 * the time of JSON, and nothing has to be judged again.
 */
enum ce_content_kind {
	CE_CONTENT_FILE,
	CE_CONTENT_LINK,
	CE_CONTENT_DIR,
};

struct ce_content {
	const char *path;        /* below the entry; safe (ce_path_is_safe) */
	const char *target;      /* of a link; NULL otherwise */
	const char *sha256;      /* of a file: of the bytes that were unpacked */
	const char *placeholder; /* to be replaced, or NULL */
	uint64_t size;           /* of a file */
	int64_t mtime;           /* of a file; seconds since 1970 */
	enum ce_content_kind kind;
	bool executable; /* a file */
	bool listed;     /* to be installed; info/ and what the package forgot to list is not */
	bool binary;     /* the placeholder is in a binary file */
	bool no_link;    /* must be a copy */
	/* While it is being made: */
	const struct ce_written *written; /* of a file */
	bool attested;                    /* the package's own list has this sha256 */
};

struct ce_contents {
	struct ce_arena arena;
	const char *key;            /* digest of the archive, as ce_pkg_digest() has it */
	const char *name, *version; /* from info/index.json */
	/* The same; only while the package is unpacked, else NULL. NULL where it is not given. */
	const char *build;
	struct ce_content *items; /* malloc'ed */
	size_t n, cap;
	const char **entry_points; /* "command = module:function", of a noarch python package */
	size_t n_entry_points;
};

struct ce_contents *ce_contents_new(void);
void ce_contents_free(struct ce_contents *c);
CE_DEFINE_FREEP(struct ce_contents, ce_contents_free, ce_contents_freep)
/* Room for one more, zeroed; valid until the next call. */
struct ce_content *ce_contents_add(struct ce_contents *c);

enum ce_content_state {
	CE_CONTENT_SAME,
	CE_CONTENT_MODE, /* its bytes are right; it has lost its executable mode, and cannot get it back */
	CE_CONTENT_OTHER,
	CE_CONTENT_GONE,
	CE_CONTENT_UNREADABLE, /* errno says why */
};

/*
 * Is a file in the open directory `dir` still what was unpacked? Size and time say so without
 * reading it. Where only the time is another one (cp -r, image layers and object stores keep none),
 * the bytes are hashed; if they are right, the file gets its time back, so that the next look is a
 * short one. In the same way an executable gets its mode back.
 *
 * With `bytes` it is hashed in any case. *ret_st is filled unless the file is gone.
 */
enum ce_content_state ce_content_check(
	int dir, const struct ce_content *c, bool bytes, struct stat *ret_st);

void ce_contents_format(const struct ce_contents *c, struct ce_buf *out);
/* Takes text of at most `len` bytes; it is checked like everything that comes from a disk. */
CE_MUST_CHECK int ce_contents_parse(
	const char *text, size_t len, struct ce_contents **ret, struct ccenv_error *err);

/* How large the text may be. */
#define CE_CONTENTS_MAX ((size_t)512 << 20)

#endif
