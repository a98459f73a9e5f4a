/* SPDX-License-Identifier: MIT */
/* The path of a root, and which files in it are ccenv's. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/printable.h"
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

bool ce_emit_is_ours(const char *root, const char *rel)
{
	enum {
		MAX_OWN = 64 << 10 /* more than any script or .pc file of ours has */
	};
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;

	return ce_fs_read_beneath(root, rel, MAX_OWN, &text, &ignored) == 0 &&
	       strstr(ce_buf_str(&text), "ritten by ccenv");
}
