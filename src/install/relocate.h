/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_RELOCATE_H
#define CE_INSTALL_RELOCATE_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * Prefix replacement: the placeholder a package was built with becomes the prefix it is installed
 * in.
 */
struct ce_relocate {
	const char *placeholder;
	const char *prefix;
};

enum {
	/* Bytes. A shorter placeholder would turn up by chance, and a small file full of it would become
	 * a large one. Those of conda are 32 to 255 long. */
	CE_RELOCATE_PLACEHOLDER_MIN = 8
};

/* Where the result goes, piece by piece: it is never in memory as a whole. */
struct ce_relocate_out {
	int (*add)(void *user, const void *data, size_t len, struct ccenv_error *err);
	void *user;
};

/*
 * Every occurrence, by bytes, in UTF-8 and as wide characters (UTF-16, UTF-32). A first line "#!…"
 * is kept usable: if it holds more than 127 bytes after the replacement, or the prefix has a space,
 * "#!/path/name args" becomes "#!/usr/bin/env name args", and for a python interpreter two lines
 * that are shell and Python at once and start it by its full path.
 *
 * Time is linear in the size. A text that would grow to many times its size is CCENV_EDATA.
 */
CE_MUST_CHECK int ce_relocate_text(const struct ce_relocate *how, const char *data, size_t len,
	const struct ce_relocate_out *out, struct ccenv_error *err);

/*
 * Every occurrence within NUL-ended strings; what gets shorter is padded with NULs at the end of
 * its string, so that sizes and offsets stay. CCENV_EDATA: a prefix longer than the placeholder, or
 * more strings than any real file has; nothing is written then. Time is linear in the size, but for
 * sorting the strings.
 */
CE_MUST_CHECK int ce_relocate_binary(const struct ce_relocate *how, const char *data, size_t len,
	const struct ce_relocate_out *out, struct ccenv_error *err);

/* The first line, "#!…" without its newline. For ce_relocate_text(). */
void ce_relocate_shebang(
	const struct ce_relocate *how, const char *line, size_t len, struct ce_buf *out);

/* "#!<interpreter>\n", or the two lines for one that is too long or has a space. */
void ce_relocate_python_shebang(const char *interpreter, struct ce_buf *out);

#endif
