/* SPDX-License-Identifier: MIT */
/* ccenv_toolchain(), ccenv_vendor(): files to commit, and those of an installed root. */
#include <string.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/url.h"
#include "emit/emit.h"

enum {
	FILE_MAX = 1 << 20
};

static int meson_text(const struct ccenv_tools *t, struct ce_buf *out, struct ccenv_error *err)
{
	if (!t)
		return ce_fail(err, CCENV_EUSAGE,
			"a Meson file has absolute paths and cannot be committed; ask for the one of an installed root");
	if (!t->meson_file)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s has no Meson file; run `ccenv install` again", t->root);
	return ce_fs_read(t->meson_file, FILE_MAX, out, err);
}

/* Something that file(DOWNLOAD) accepts, and that is safe in a quoted argument. */
static int check_source(const char *url, const char *sha256, struct ccenv_error *err)
{
	static const char *const schemes[] = {"https://", "http://", "file:///"};
	bool known = false;

	for (size_t i = 0; i < CE_COUNT(schemes); i++)
		known = known || strncmp(url, schemes[i], strlen(schemes[i])) == 0;
	for (const char *p = url; known && *p; p++)
		known = (unsigned char)*p > 0x20 && *p != 0x7f;
	if (!known) {
		CE_AUTOFREE char *shown = ce_url_redact(url);

		return ce_fail(err, CCENV_EUSAGE,
			"invalid URL of a source archive \"%s\": expected https://, http:// or file:///",
			shown);
	}
	if (!ce_sha256_is_hex(sha256))
		return ce_fail(err, CCENV_EUSAGE,
			"invalid sha256 \"%s\": expected 64 lower-case hex digits, as sha256sum prints them",
			sha256);
	return 0;
}

int ccenv_vendor(const char *url, const char *sha256, char **ret_text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r;

	if (!url != !sha256)
		return ce_fail(err, CCENV_EUSAGE,
			"a source archive needs both a URL and a sha256: without the hash it is not safe to build");
	if (url) {
		r = check_source(url, sha256, err);
		if (r < 0)
			return r;
	}
	ce_emit_vendor_text(url ? url : "", sha256 ? sha256 : "", &b);
	*ret_text = ce_buf_steal(&b);
	return 0;
}

int ccenv_toolchain(enum ccenv_format format, const struct ccenv_tools *t, char **ret_text,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r = 0;

	switch (format) {
	case CCENV_FORMAT_CMAKE:
		if (t)
			ce_emit_toolchain_resolved(t->root, t->platform, &b);
		else
			ce_emit_toolchain_text(&b);
		break;
	case CCENV_FORMAT_MAKE:
		if (t)
			ce_emit_make_resolved(t->root, &b);
		else
			ce_emit_make_text(&b);
		break;
	case CCENV_FORMAT_MESON:
		r = meson_text(t, &b, err);
		break;
	}
	if (r >= 0)
		*ret_text = ce_buf_steal(&b);
	return r;
}
