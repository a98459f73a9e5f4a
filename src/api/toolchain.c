/* SPDX-License-Identifier: MIT */
/* ccenv_toolchain(), ccenv_vendor(): files to commit, and those of an installed root. */
#include <string.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
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

/* Something that file(DOWNLOAD) accepts, that is safe in a quoted argument, and that all may read. */
static int check_archive(
	const char *what, const char *url, const char *sha256, struct ccenv_error *err)
{
	static const char *const schemes[] = {"https://", "http://", "file:///"};
	bool known = false;
	int r;

	for (size_t i = 0; i < CE_COUNT(schemes); i++)
		known = known || strncmp(url, schemes[i], strlen(schemes[i])) == 0;
	for (const char *p = url; known && *p; p++)
		known = (unsigned char)*p > 0x20 && *p != 0x7f;
	if (!known) {
		CE_AUTOFREE char *shown = ce_url_redact(url);

		return ce_fail(err, CCENV_EUSAGE,
			"invalid URL of a %s \"%s\": expected https://, http:// or file:///", what,
			shown);
	}
	r = ce_project_check_committed_url(what, url, err);
	if (r < 0)
		return r;
	if (!ce_sha256_is_hex(sha256))
		return ce_fail(err, CCENV_EUSAGE,
			"invalid sha256 \"%s\": expected 64 lower-case hex digits, as sha256sum prints them",
			sha256);
	return 0;
}

/* "linux-64=URL#sha256=HASH" */
static int parse_release(const char *text, struct ce_vendor_archive *ret, struct ce_arena *a,
	struct ccenv_error *err)
{
	static const char *const platforms[] = {"linux-64", "linux-aarch64", "osx-64", "osx-arm64"};
	static const char mark[] = "#sha256=";
	const char *equals = strchr(text, '='), *hash = strstr(text, mark);

	if (!equals || !hash || hash < equals) {
		CE_AUTOFREE char *shown = ce_url_redact(text);

		return ce_fail(err, CCENV_EUSAGE,
			"invalid release archive \"%s\": expected PLATFORM=URL#sha256=HASH", shown);
	}
	ret->platform = ce_arena_strndup(a, text, (size_t)(equals - text));
	ret->url = ce_arena_strndup(a, equals + 1, (size_t)(hash - equals - 1));
	ret->sha256 = ce_arena_strdup(a, hash + strlen(mark));
	for (size_t i = 0; i < CE_COUNT(platforms); i++)
		if (strcmp(ret->platform, platforms[i]) == 0)
			return check_archive("release archive", ret->url, ret->sha256, err);
	return ce_fail(err, CCENV_EUSAGE,
		"invalid platform \"%s\" of a release archive: expected linux-64, linux-aarch64, osx-64 or osx-arm64",
		ret->platform);
}

int ccenv_vendor(const struct ccenv_vendor_options *o, char **ret_text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_vendor_archive *archives =
		ce_arena_array(&a, o->n_archives + 1, sizeof(*archives));
	int r;

	for (size_t i = 0; i < o->n_archives; i++) {
		r = parse_release(o->archives[i], &archives[i], &a, err);
		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++)
			if (strcmp(archives[k].platform, archives[i].platform) == 0)
				return ce_fail(err, CCENV_EUSAGE,
					"two release archives for %s: give one a platform",
					archives[i].platform);
	}
	if (!o->url != !o->sha256)
		return ce_fail(err, CCENV_EUSAGE,
			"a source archive needs both a URL and a sha256: without the hash it is not safe to build");
	if (o->url) {
		r = check_archive("source archive", o->url, o->sha256, err);
		if (r < 0)
			return r;
	}
	ce_emit_vendor_text(
		archives, o->n_archives, o->url ? o->url : "", o->sha256 ? o->sha256 : "", &b);
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
			ce_emit_toolchain_resolved(t->root, t->label, &b);
		else
			ce_emit_toolchain_text(&b);
		break;
	case CCENV_FORMAT_MAKE:
		if (t)
			ce_emit_make_resolved(t->root, t->label, &b);
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
