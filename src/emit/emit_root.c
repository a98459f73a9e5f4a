/* SPDX-License-Identifier: MIT */
/* The path of a root, which files in it are ccenv's, and how they are written. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/strs.h"
#include "base/utf8.h"
#include "ccenv/ccenv.h"
#include "emit/emit.h"
#include "emit/emit_facts.h"

/*
 * What a path may have besides letters, digits and characters beyond ASCII. Each other character
 * has a meaning to one of the programs that get the path without quotes around it: gcc's specs
 * (space, %), the linker (, and :), PATH (:), CMake's lists and its reading of nvcc (; and =), make
 * (space, #, %, $ and the wildcards), nvcc's and make's shell (the rest).
 */
static const char plain[] = "/._-+@~^";

static bool is_plain(const char *p, size_t *ret_len)
{
	uint32_t c;

	*ret_len = ce_utf8_decode(p, strlen(p), &c);
	if (*ret_len == 0)
		return false;
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c >= 0xa0 || strchr(plain, (int)c);
}

/* "a space", "\"%\"", "a byte 0x01": for a message. */
static char *name_of(const char *p)
{
	if (*p == ' ')
		return ce_strdup("a space");
	if (*p > ' ' && *p < 0x7f)
		return ce_asprintf("\"%c\"", *p);
	return ce_asprintf("a byte 0x%02x", (unsigned char)*p);
}

int ce_emit_check_path(const char *what, const char *path, struct ccenv_error *err)
{
	size_t n;

	if (path[0] != '/')
		return ce_fail(err, CCENV_EUSAGE, "%s \"%s\" is not absolute", what, path);
	for (const char *p = path; *p; p += n) {
		CE_AUTOFREE char *shown = NULL, *name = NULL;

		if (is_plain(p, &n))
			continue;
		shown = ce_printable(path, false);
		name = name_of(p);
		return ce_fail(err, CCENV_EUSAGE,
			"%s %s: gcc, nvcc, CMake, make and the shell cannot all work in a path with %s; choose another directory with --root (CMake: CCENV_ROOT_DIR)",
			what, shown, name);
	}
	return 0;
}

int ce_emit_find_owner(
	const char *root, const char *rel, bool *ret_is_ours, struct ccenv_error *err)
{
	enum {
		MAX_OWN = 64 << 10 /* more than any script or .pc file of ours has */
	};
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_AUTOFREE char *path = ce_path_join(root, rel);
	int r = ce_fs_read_beneath(root, rel, MAX_OWN, &text, err);
	struct stat st;

	/* A link or a device is not ours, and needs no reading. */
	if (r == CCENV_EIO && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		return r;
	*ret_is_ours = r == 0 && strstr(ce_buf_str(&text), "ritten by ccenv");
	return 0;
}

bool ce_emit_is_ours(const char *root, const char *rel)
{
	struct ccenv_error ignored;
	bool is_ours = false;

	return ce_emit_find_owner(root, rel, &is_ours, &ignored) == 0 && is_ours;
}

void ce_emit_made(const struct ce_emit_facts *f, const char *rel)
{
	if (f->in->made)
		ce_buf_addf(f->in->made, "%s\n", rel);
}

int ce_emit_file(const struct ce_emit_facts *f, const char *rel, const struct ce_buf *text,
	bool executable, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(f->in->root, rel);
	CE_AUTOFREE char *dir = ce_path_dir(path);
	bool changed, is_ours = true;
	int r = 0;

	if ((executable || ce_has_suffix(rel, ".pc")) && ce_fs_exists(path))
		r = ce_emit_find_owner(f->in->root, rel, &is_ours, err);
	if (r < 0)
		return r;
	if (!is_ours)
		return ce_fail(err, CCENV_EUSAGE,
			"%s was not written by ccenv, which has a file of its own for that place; remove it, or choose another directory with --root",
			path);
	r = ce_fs_mkdirs(dir, err);
	if (r < 0)
		return r;
	r = ce_fs_replace(path, ce_buf_str(text), text->len, &changed, err);
	if (r < 0)
		return r;
	if (executable && chmod(path, 0755) < 0)
		return ce_fail_errno(err, errno, "cannot make %s executable", path);
	if (changed)
		ce_log(f->in->events, CCENV_LOG_DEBUG, "wrote %s", path);
	ce_emit_made(f, rel);
	return 0;
}
