/* SPDX-License-Identifier: MIT */
/* First lines that name an interpreter: the kernel takes 127 bytes and no space in the path. */
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/os.h"
#include "install/relocate.h"

enum {
	SHEBANG_MAX = 127
};

/* Appends data with every placeholder replaced. */
static void replace(const struct ce_relocate *how, const char *data, size_t len, struct ce_buf *out)
{
	size_t n_old = strlen(how->placeholder);
	const char *hit;

	while ((hit = memmem(data, len, how->placeholder, n_old))) {
		ce_buf_add(out, data, (size_t)(hit - data));
		ce_buf_adds(out, how->prefix);
		len -= (size_t)(hit - data) + n_old;
		data = hit + n_old;
	}
	ce_buf_add(out, data, len);
}

/* The interpreter's path in "#! /path args"; a space after a backslash belongs to it. 0 when there
 * is none. */
static size_t find_interpreter(const char *line, size_t len, size_t *ret_start)
{
	size_t i = 2;

	while (i < len && line[i] == ' ')
		i++;
	*ret_start = i;
	if (i >= len || line[i] != '/')
		return 0;
	while (i < len && !strchr(" \t\r\n", line[i])) {
		if (line[i] == '\\' && i + 1 < len && line[i + 1] == ' ')
			i++;
		i++;
	}
	return i - *ret_start;
}

/* "python", "python3", "python3.12" */
static bool is_python(const char *name, size_t len)
{
	if (len < 6 || memcmp(name, "python", 6) != 0)
		return false;
	for (size_t i = 6; i < len; i++) {
		bool digit = name[i] >= '0' && name[i] <= '9';

		if (!digit && !(name[i] == '.' && i > 6 && i + 1 < len && name[i - 1] != '.'))
			return false;
	}
	return true;
}

/*
 * The two lines for a python that "#!" cannot name: the shell starts it, Python sees a string. The
 * path stands in double quotes, as conda writes it, or in single ones if it has what either of them
 * would read otherwise.
 */
static void add_python(const char *path, struct ce_buf *out)
{
	const char *quote = strpbrk(path, "$`\"\\'") ? "'" : "\"";

	ce_buf_adds(out, "#!/bin/sh\n'''exec' ");
	ce_buf_adds(out, quote);
	for (const char *p = path; *p; p++) {
		if (*p == '\'')
			ce_buf_adds(out, "'\"'\"'");
		else
			ce_buf_addc(out, *p);
	}
	ce_buf_adds(out, quote);
}

static void add_python_end(struct ce_buf *out)
{
	ce_buf_adds(out, " \"$0\" \"$@\" #'''");
}

/* `line` by way of env or the shell; the placeholder in it, if any, is replaced. */
static void add_env_shebang(
	const struct ce_relocate *how, const char *line, size_t len, struct ce_buf *out)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf path = {0};
	size_t start, n = find_interpreter(line, len, &start);
	const char *rest = line + start + n, *name;
	size_t n_rest = len - start - n;

	if (n == 0) {
		replace(how, line, len, out);
		return;
	}
	name = (const char *)ce_os_memrchr(line + start, '/', n) + 1;
	if (is_python(name, (size_t)(rest - name))) {
		replace(how, line + start, n, &path);
		add_python(ce_buf_str(&path), out);
		replace(how, rest, n_rest, out);
		add_python_end(out);
	} else {
		ce_buf_adds(out, "#!/usr/bin/env ");
		ce_buf_add(out, name, (size_t)(rest - name));
		replace(how, rest, n_rest, out);
	}
}

void ce_relocate_shebang(
	const struct ce_relocate *how, const char *line, size_t len, struct ce_buf *out)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf new = {0};
	bool has = memmem(line, len, how->placeholder, strlen(how->placeholder)) != NULL;

	replace(how, line, len, &new);
	/* Taken apart before the replacement: a space in the prefix would end the path. */
	if (new.len > SHEBANG_MAX || (has && strchr(how->prefix, ' ')))
		add_env_shebang(how, line, len, out);
	else
		ce_buf_add(out, ce_buf_str(&new), new.len);
}

void ce_relocate_python_shebang(const char *interpreter, struct ce_buf *out)
{
	if (strlen(interpreter) + 2 > SHEBANG_MAX || strchr(interpreter, ' ')) {
		add_python(interpreter, out);
		add_python_end(out);
	} else {
		ce_buf_addf(out, "#!%s", interpreter);
	}
	ce_buf_addc(out, '\n');
}
