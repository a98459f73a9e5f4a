/* SPDX-License-Identifier: MIT */
/* Error texts: one buffer of fixed size, so that reporting cannot fail. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ccenv/ccenv.h"

/* Copies `text`, cut to fit without splitting a UTF-8 sequence. */
static void set_text(struct ccenv_error *err, const char *text)
{
	size_t n = strlen(text);

	if (n >= sizeof(err->text)) {
		n = sizeof(err->text) - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
			n--;
	}
	memmove(err->text, text, n);
	err->text[n] = '\0';
}

int ce_fail(struct ccenv_error *err, int code, const char *fmt, ...)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	ce_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err->code = code;
	set_text(err, ce_buf_str(&b));
	return code;
}

int ce_fail_errno(struct ccenv_error *err, int errnum, const char *fmt, ...)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	ce_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	ce_buf_addf(&b, ": %s", strerror(errnum));
	/* The cause of most failures of a large installation; the path says where. */
	if (errnum == ENOSPC || errnum == EDQUOT)
		ce_buf_adds(&b, " (free some space there, or use a place on another file system)");
	err->code = CCENV_EIO;
	set_text(err, ce_buf_str(&b));
	return CCENV_EIO;
}

int ce_context(struct ccenv_error *err, int code, const char *fmt, ...)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t room = sizeof(err->text) - 1, cause = strlen(err->text);
	va_list ap;

	va_start(ap, fmt);
	ce_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	/* It names a place, perhaps in words from outside: they end no line. */
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.data[i] < ' ' || b.data[i] == 0x7f)
			b.data[i] = '?';
	ce_buf_adds(&b, ": ");
	if (b.len + cause > room) {
		size_t keep = cause + 2 < room ? room - cause - 2 : 0;

		b.len = keep;
		ce_buf_adds(&b, ": ");
	}
	ce_buf_adds(&b, err->text);
	set_text(err, ce_buf_str(&b));
	return code;
}

int ce_hint(struct ccenv_error *err, int code, const char *fmt, ...)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	va_list ap;

	ce_buf_adds(&b, err->text);
	ce_buf_addc(&b, ' ');
	va_start(ap, fmt);
	ce_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	set_text(err, ce_buf_str(&b));
	return code;
}
