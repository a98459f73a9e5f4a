/* SPDX-License-Identifier: MIT */
/* Path text. */
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum {
	PATH_BYTES_MAX = 4096
};

char *ce_path_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	if (b[0] == '/' || n == 0)
		return ce_strdup(b);
	return ce_asprintf("%s%s%s", a, a[n - 1] == '/' ? "" : "/", b);
}

const char *ce_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *ce_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ce_strdup(".");
	if (slash == path)
		return ce_strdup("/");
	return ce_strndup(path, (size_t)(slash - path));
}

/* Drops the last component of an absolute path in `b`. */
static void up(struct ce_buf *b)
{
	while (b->len > 0 && b->data[--b->len] != '/')
		;
	if (b->data)
		b->data[b->len] = '\0';
}

static void append_normal(struct ce_buf *b, const char *path)
{
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			up(b);
		} else if (n > 0 && !(n == 1 && p[0] == '.')) {
			ce_buf_addc(b, '/');
			ce_buf_add(b, p, n);
		}
		p += n;
		p += *p == '/';
	}
}

char *ce_path_absolute(const char *path)
{
	struct ce_buf b = {0};

	if (path[0] != '/') {
		CE_AUTOFREE char *cwd = getcwd(NULL, 0);

		append_normal(&b, cwd ? cwd : "/");
	}
	append_normal(&b, path);
	if (b.len == 0)
		ce_buf_addc(&b, '/');
	return ce_buf_steal(&b);
}

static bool component_is_safe(const char *p, size_t n)
{
	if (n == 0 || n > 255)
		return false;
	if (p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.')))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			return false;
	return true;
}

bool ce_path_is_safe(const char *path)
{
	if (strnlen(path, PATH_BYTES_MAX + 1) > PATH_BYTES_MAX)
		return false;
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");

		if (!component_is_safe(p, n))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

bool ce_path_is_safe_name(const char *name)
{
	return !strchr(name, '/') && component_is_safe(name, strlen(name));
}
