/* SPDX-License-Identifier: MIT */
/* Expected texts in files: compared, or on request rewritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expected.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

bool expected_is_updated(void)
{
	const char *value = getenv("UPDATE_EXPECTED");

	return value && strcmp(value, "1") == 0;
}

static void read_file(const char *path, struct ce_buf *ret)
{
	struct ccenv_error err;

	if (ce_fs_read(path, 1 << 20, ret, &err) < 0)
		fail_msg("%s", err.text);
}

static void write_file(const char *path, const struct ce_buf *b)
{
	struct ccenv_error err;

	if (ce_fs_replace(path, b->data, b->len, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

void expected_check(const char *path, const char *got)
{
	struct ce_buf want = {0};

	if (expected_is_updated()) {
		ce_buf_adds(&want, got);
		write_file(path, &want);
	} else {
		read_file(path, &want);
		assert_string_equal(got, ce_buf_str(&want));
	}
	ce_buf_release(&want);
}

/* The length of the line at `s`, its newline included. */
static size_t line_length(const char *s)
{
	size_t n = strcspn(s, "\n");

	return s[n] ? n + 1 : n;
}

/* Appends the comments that stand in `old` above the line with this key. */
static void add_comments(struct ce_buf *out, const char *old, const char *key, size_t key_len)
{
	const char *comments = old;

	for (const char *s = old; *s; s += line_length(s)) {
		if (*s == '#')
			continue;
		if (strncmp(s, key, key_len) == 0) {
			ce_buf_add(out, comments, (size_t)(s - comments));
			return;
		}
		comments = s + line_length(s);
	}
}

void expected_check_lines(const char *path, const char *got)
{
	struct ce_buf old = {0}, new = {0}, bare = {0};

	read_file(path, &old);
	for (const char *s = ce_buf_str(&old); *s; s += line_length(s))
		if (*s != '#')
			ce_buf_add(&bare, s, line_length(s));
	for (const char *s = got; *s; s += line_length(s)) {
		add_comments(&new, ce_buf_str(&old), s, strcspn(s, ":") + 1);
		ce_buf_add(&new, s, line_length(s));
	}
	if (expected_is_updated())
		write_file(path, &new);
	else
		assert_string_equal(got, ce_buf_str(&bare));
	ce_buf_release(&old);
	ce_buf_release(&new);
	ce_buf_release(&bare);
}
