/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_RECORD_SCAN_H
#define CE_REPODATA_RECORD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * Finds the records in the text of a repodata.json without building anything from it (CEP 36 for
 * the layout).
 *
 * The text is fed piece by piece. Only the outermost two levels are read as JSON; a record is
 * passed over to its closing brace, 64 bytes at a time, and handed on as a slice. Whether the slice
 * is good JSON is seen when it is parsed, if it ever is. Caps: a record of 4 MiB, nesting of 64, a
 * key of 1024 bytes.
 */
enum ce_repo_scan_section {
	CE_REPO_SCAN_TARBZ2, /* "packages" */
	CE_REPO_SCAN_CONDA,  /* "packages.conda" */
	/* Within "v3" (CEP 48), where the file names have no extension. */
	CE_REPO_SCAN_V3_TARBZ2, /* "tar.bz2" */
	CE_REPO_SCAN_V3_CONDA,  /* "conda" */
};

/* What the file names of a section lack: ".conda", or "". */
const char *ce_repo_scan_extension(enum ce_repo_scan_section section);

/* One member of such a section: "<fn>": { … }, or another value, which is no record. Slices, borrowed
 * from the text. */
struct ce_repo_scan_record {
	const char *fn; /* as written, between the quotes */
	size_t fn_len;
	const char *text; /* from the quote before fn to the end of the value */
	size_t len;
	const char *object; /* the value, to the end of text */
	size_t object_len;
};

struct ce_repo_scan_events {
	void *user;
	/* `at` is the place of rec->text in all of the text. <0 ends the scan. */
	int (*on_record)(void *user, enum ce_repo_scan_section section,
		const struct ce_repo_scan_record *rec, uint64_t at, struct ccenv_error *err);
	int (*on_removed)(void *user, const char *fn, size_t len, struct ccenv_error *err);
	/* The object under "info". */
	int (*on_info)(void *user, const char *text, size_t len, struct ccenv_error *err);
};

struct ce_repo_scan {
	struct ce_repo_scan_events ev;
	uint64_t at; /* bytes taken so far */
	int state;
	int outer;       /* the state that what is passed over ends in */
	unsigned seen;   /* bits: keys of the outermost object */
	bool has_wheels; /* in "v3"; they are passed over */
	bool comma;      /* a member was read: a comma or the end must follow */
	struct ce_repo_scan_skip {
		int depth;
		bool in_string, escaped;
	} skip; /* of a value that is passed over */
};

enum {
	CE_REPO_SCAN_RECORD_MAX = 4 << 20
};

void ce_repo_scan_init(struct ce_repo_scan *s, const struct ce_repo_scan_events *ev);
/*
 * Takes as much of the text as ends in complete members and says in *ret_taken how much that was; the
 * rest must come again at the begin of the next piece, with more behind it.
 */
CE_MUST_CHECK int ce_repo_scan_feed(struct ce_repo_scan *s, const char *text, size_t len,
	size_t *ret_taken, struct ccenv_error *err);
/* After the last piece: was that a complete document? An empty one is good too. */
CE_MUST_CHECK int ce_repo_scan_end(const struct ce_repo_scan *s, struct ccenv_error *err);

/*
 * Reads the record at *text, a leading comma and white space first, and moves on behind it. 1: a
 * record; 0: the end, or the text is cut off; <0: no record here.
 */
int ce_repo_scan_next(const char **text, const char *end, struct ce_repo_scan_record *ret);

#endif
