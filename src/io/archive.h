/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ARCHIVE_H
#define CE_IO_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"

struct ccenv_error;
struct ce_arena;

/*
 * Unpacking conda packages over libarchive, from a stream (CEP 35; docs/design/packages.md).
 *
 * A `.conda` is a zip of stored members, read by its local headers as it arrives; a `.tar.bz2` is a
 * tar. The tars hold the install root. Nothing in the archive is trusted: a path that is absolute,
 * has "..", an empty component or a control character, is too deep, or passes through a link, is an
 * error; so are device nodes, too many entries and too many bytes. A path that comes twice: the
 * later one counts. info/ is a directory, and what lies directly in it is a file or a directory. A
 * `.conda` has one pkg- and one info- member, named after it; what else it holds may not be large.
 *
 * Of a mode only the executable bit is kept: files become 0444 or 0555 (less the umask),
 * directories 0777 less the umask. Owner, group and extended attributes are ignored; modification
 * times are kept, but not before 1980.
 */
enum {
	CE_ARCHIVE_HEAD = 8 /* bytes that tell what a file is */
};

enum ce_archive_format {
	CE_ARCHIVE_CONDA,
	CE_ARCHIVE_TAR_BZ2,
};

enum ce_archive_kind {
	CE_ARCHIVE_FILE,
	CE_ARCHIVE_LINK,
	CE_ARCHIVE_DIR,
};

/* A file as it stands on disk. */
struct ce_written {
	char sha256[CE_SHA256_HEX + 1];
	uint64_t size;
	int64_t mtime;   /* seconds since 1970: what the file system kept of the package's */
	bool executable; /* as the package says */
};

/* What was unpacked at `path`. Borrowed for the time of the call, less `written`. */
struct ce_archive_entry {
	const char *path;   /* relative to the destination, checked, no trailing slash */
	const char *target; /* of a link, else NULL */
	enum ce_archive_kind kind;
	uint64_t size;   /* of a file */
	bool executable; /* a file */
	/* Of a file, in the arena of struct ce_archive_unpack; complete when all is unpacked. */
	const struct ce_written *written;
};

struct ce_archive_unpack {
	enum ce_archive_format format;
	/* "x-1.0-0" of x-1.0-0.conda, after which its members must be named; NULL: any name. */
	const char *stem;
	const char *dest;       /* an existing, empty directory that nobody else writes to */
	uint64_t max_bytes;     /* of all files together; a directory counts as 4 KiB */
	uint64_t max_entries;   /* and directories, those that no entry names included */
	struct ce_arena *arena; /* for what lasts longer than a call of entry() */
	bool threaded;          /* write in a thread of its own, while the next bytes are read */
	void *user;
	/* The next bytes, borrowed until the next call; *ret_len 0 at the end. */
	int (*read)(void *user, const void **ret_data, size_t *ret_len, struct ccenv_error *err);
	/* May be NULL. Called for each entry, which may not be on disk yet. */
	int (*entry)(void *user, const struct ce_archive_entry *entry, struct ccenv_error *err);
};

/*
 * What a file is that begins with these bytes, "an HTML or XML page": for messages. NULL for the
 * two formats, and when nothing is known.
 */
const char *ce_archive_describe(const void *head, size_t len);

/*
 * Unpacks all of it. What the archive says wrong is CCENV_EDATA; a failure of read() or entry()
 * comes back as it is. The destination is left half-filled on failure. The bytes behind the last
 * member may not have been read. Whether the bytes are the right ones is for the caller to say: the
 * check sums inside a zip are not looked at.
 */
CE_MUST_CHECK int ce_archive_unpack(const struct ce_archive_unpack *u, struct ccenv_error *err);

#endif
