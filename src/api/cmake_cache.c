/* SPDX-License-Identifier: MIT */
/* The cache of a CMake build directory; see cmake_cache.h. */
#include "api/cmake_cache.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/path.h"

enum {
	CACHE_MAX = 16 << 20
};

/* "NAME:TYPE=VALUE", the name in quotes if it has a colon; comments and blank lines are none. */
static bool parse(char *line, struct ce_cmake_entry *e)
{
	char *name = line, *type, *value;

	if (!*line || *line == '#' || strncmp(line, "//", 2) == 0)
		return false;
	if (*name == '"') {
		char *end = strchr(++name, '"');

		if (!end || end[1] != ':')
			return false;
		*end = '\0';
		type = end + 2;
	} else {
		type = strchr(name, ':');
		if (!type)
			return false;
		*type++ = '\0';
	}
	value = strchr(type, '=');
	if (!value)
		return false;
	*value++ = '\0';
	*e = (struct ce_cmake_entry){name, type, value};
	return true;
}

/* Each entry of the cache, as f takes it. */
static void each_entry(
	const char *text, void (*f)(void *user, const struct ce_cmake_entry *e), void *user)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		CE_AUTOFREE char *line = ce_strndup(text, n);
		struct ce_cmake_entry e;

		if (n && line[n - 1] == '\r')
			line[n - 1] = '\0';
		if (parse(line, &e))
			f(user, &e);
		text += n + (text[n] == '\n');
	}
}

int ce_cmake_entries(const char *build_dir, void (*f)(void *user, const struct ce_cmake_entry *e),
	void *user, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(build_dir, "CMakeCache.txt");
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = ce_fs_read(path, CACHE_MAX, &text, err);

	if (r >= 0)
		each_entry(ce_buf_str(&text), f, user);
	return r;
}
