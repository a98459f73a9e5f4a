/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_SPEC_PARSE_H
#define CE_SPEC_SPEC_PARSE_H

#include "spec/scan.h"
#include "spec/spec.h"

/* What spec_parse.c and its parts share; nobody else includes this. */
struct ce_spec_reader {
	struct ce_scan s; /* the whole text; `len` shrinks to where the positional part ends */
	enum ce_spec_mode mode;
	struct ce_arena *a;
	struct ce_spec spec; /* under construction */
};

/* The keys between '[' at `open` and the end of the text. spec_keys.c */
CE_MUST_CHECK int ce_spec_read_keys(struct ce_spec_reader *r, size_t open, size_t end);
/* A channel as it stands before "::" or behind "channel=": channel and subdir. spec_keys.c */
CE_MUST_CHECK int ce_spec_read_channel(struct ce_spec_reader *r, size_t begin, size_t end);
/* "https://user:secret@host/t/TOKEN/channel" without what is secret in it, in place. spec_keys.c */
char *ce_spec_without_credentials(char *url);
/* A build, glob or ^regex$. spec_keys.c */
CE_MUST_CHECK int ce_spec_read_build(
	struct ce_spec_reader *r, size_t begin, size_t end, bool quoted);
/* The URL or path of a package file, with an optional "#hash". spec_url.c */
CE_MUST_CHECK int ce_spec_read_url(struct ce_spec_reader *r, size_t begin, size_t end);
/* Does this text name a package file? spec_url.c */
bool ce_spec_is_url(const char *text, size_t len);
/* Fills version_text and text. spec.c */
void ce_spec_finish(struct ce_spec *spec, struct ce_arena *a);

#endif
