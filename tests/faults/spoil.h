/* SPDX-License-Identifier: MIT */
#ifndef TEST_FAULTS_SPOIL_H
#define TEST_FAULTS_SPOIL_H

#include <stdbool.h>

struct ce_buf;

/* What a server can do wrong. */
enum fault {
	NONE,
	STOPS,           /* in the middle of the body */
	STOPS_ONCE,      /* the same, for the first request only */
	TOO_LONG,        /* the length in the head is more than what comes */
	TOO_SHORT,       /* the length in the head is less than the file */
	OTHER_BYTES,     /* good zstd, another content: the hash is wrong */
	GARBAGE,         /* neither zstd nor JSON */
	GARBAGE_MSGPACK, /* good zstd over nonsense */
	PORTAL,          /* a web page, status 200 */
	BOMB,            /* 4 GiB of zeros in a few KiB */
	SPACE_BOMB,      /* good JSON with 1 GiB of spaces in it */
	DEEP,            /* a million opening brackets */
	MANY,            /* 600,000 good records of one name */
	BUSY_ONCE,       /* 429, Retry-After: 1, then well */
	BUSY_LONG,       /* 429, Retry-After: 3600 */
	UNAVAILABLE,     /* 503 */
	UNAVAILABLE_ONCE,
	FORBIDDEN,
	MISSING,
	LORIS,  /* a byte now and then */
	SILENT, /* accepts and says nothing */
	NO_HTTP,
	HANGS_UP,          /* without an answer */
	NO_CONTENT,        /* 204 */
	CHOICES,           /* 300 */
	NON_AUTHORITATIVE, /* 203, and well */
	PART_UNSAID,       /* 206 for all of it, without a Content-Range */
	PART_OTHER,        /* 206 for what was not asked for */
	LOOP,              /* of redirects */
	TO_NOWHERE,        /* a redirect to a host that is not there */
	TO_FILE,           /* a redirect to a local file */
};

/* Before the first request: making them takes seconds, and a server that is silent so long is
 * another fault. `slow`: MANY too. */
void test_bombs_make(bool slow);
void test_bombs_release(void);
/* Makes of a good body one with the fault, where that is of the body; `packed`: it is zstd. */
void test_spoil(struct ce_buf *b, enum fault f, bool packed);

#endif
