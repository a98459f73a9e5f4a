/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_RELOCATE_H
#define CE_INSTALL_RELOCATE_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * Prefix replacement: the placeholder a package was built with becomes the prefix it is installed
 * in. The result is appended to `out`.
 */
struct ce_relocate {
	const char *placeholder;
	const char *prefix;
};

/*
 * Every occurrence, by bytes, in UTF-8 and as wide characters (UTF-16, UTF-32). A first line "#!…"
 * is kept usable: if it holds more than 127 bytes after the replacement, or the prefix has a space,
 * "#!/path/name args" becomes "#!/usr/bin/env name args", and for a python interpreter two lines
 * that are shell and Python at once and start it by its full path.
 */
void ce_relocate_text(
	const struct ce_relocate *how, const char *data, size_t len, struct ce_buf *out);

/*
 * Every occurrence within NUL-ended strings; what gets shorter is padded with NULs at the end of
 * its string, so that sizes and offsets stay. A prefix longer than the placeholder is CCENV_EDATA.
 */
CE_MUST_CHECK int ce_relocate_binary(const struct ce_relocate *how, const char *data, size_t len,
	struct ce_buf *out, struct ccenv_error *err);

/* The first line, "#!…" without its newline. For ce_relocate_text(). */
void ce_relocate_shebang(
	const struct ce_relocate *how, const char *line, size_t len, struct ce_buf *out);

/* "#!<interpreter>\n", or the two lines for one that is too long or has a space. */
void ce_relocate_python_shebang(const char *interpreter, struct ce_buf *out);

#endif
