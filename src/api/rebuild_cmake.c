/* SPDX-License-Identifier: MIT */
/* What a CMake build directory was configured with, from its CMakeCache.txt. */
#include <stdlib.h>
#include <string.h>

#include "api/cmake_cache.h"
#include "api/rebuild.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"

enum {
	OPTIONS_MAX = 20000
};

static void take_facts(void *user, const struct ce_cmake_entry *e)
{
	struct ce_cmake_build *b = user;
	const struct {
		const char *name, **to;
	} facts[] = {
		{"CMAKE_HOME_DIRECTORY", &b->source},
		{"CMAKE_GENERATOR", &b->generator},
		{"CMAKE_COMMAND", &b->command},
		{"CMAKE_CUDA_FLAGS", &b->cuda},
		{"CMAKE_TOOLCHAIN_FILE", &b->toolchain},
	};

	for (size_t i = 0; i < CE_COUNT(facts); i++)
		if (strcmp(facts[i].name, e->name) == 0)
			*facts[i].to = ce_arena_strdup(&b->arena, e->value);
	if (ce_has_suffix(e->name, "_COMPILER_LAUNCHER") && strstr(e->value, "sccache"))
		b->sccache = true;
}

static int read_cache(const char *build_dir, void (*f)(void *user, const struct ce_cmake_entry *e),
	void *user, struct ccenv_error *err)
{
	int r = ce_cmake_entries(build_dir, f, user, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(err, r,
			"%s is not a build directory of CMake; for another build system give the command that builds: ccenv rebuild-check -- make",
			build_dir);
	return r;
}

int ce_cmake_read(const char *build_dir, struct ce_cmake_build *ret, struct ccenv_error *err)
{
	struct ce_cmake_build b = {0};
	int r = read_cache(build_dir, take_facts, &b, err);

	if (r < 0)
		return r;
	if (!b.source || !b.generator)
		r = ce_fail(err, CCENV_EDATA,
			"%s/CMakeCache.txt names no source directory or generator: configure it again",
			build_dir);
	else if (!ce_fs_is_dir(b.source))
		r = ce_fail(err, CCENV_ENOTFOUND,
			"%s was configured from %s, which does not exist here; if that was under `ccenv exec`, use ccenv rebuild-check -- ccenv exec -- COMMAND",
			build_dir, b.source);
	if (r < 0)
		ce_cmake_release(&b);
	else
		*ret = b;
	return r;
}

struct choosing {
	struct ce_cmake_build *b;
	const char *build_dir, *new_source;
	size_t cap;
};

/* Every path in the value that lies in the old sources, in the new ones. */
static const char *moved(struct choosing *c, const char *value)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	const char *at, *from = c->b->source;
	size_t n = strlen(from);

	while ((at = strstr(value, from))) {
		bool whole = !at[n] || strchr("/;: \"'", at[n]);

		ce_buf_add(&out, value, (size_t)(at - value));
		ce_buf_adds(&out, whole ? c->new_source : from);
		value = at + n;
	}
	ce_buf_adds(&out, value);
	return ce_arena_strdup(&c->b->arena, ce_buf_str(&out));
}

/* Entries that a user may have set. What CMake finds out by itself is internal or static, or a path into
 * the build directory. */
static void take_option(void *user, const struct ce_cmake_entry *e)
{
	static const char *const types[] = {"BOOL", "STRING", "PATH", "FILEPATH", "UNINITIALIZED"};
	struct choosing *c = user;
	bool usable = false;

	for (size_t i = 0; i < CE_COUNT(types); i++)
		usable |= strcmp(types[i], e->type) == 0;
	if (!usable || ce_has_suffix(e->name, "-ADVANCED") || ce_has_suffix(e->name, "-NOTFOUND") ||
		ce_has_suffix(e->value, "-NOTFOUND") || strstr(e->value, c->build_dir) ||
		strcmp(e->name, "CMAKE_EXPORT_COMPILE_COMMANDS") == 0 ||
		c->b->options.n >= OPTIONS_MAX)
		return;
	CE_GROW(c->b->options.items, c->b->options.n, c->cap);
	c->b->options.items[c->b->options.n++] = ce_arena_printf(&c->b->arena, "-D%s:%s=%s",
		e->name, strcmp(e->type, "UNINITIALIZED") == 0 ? "STRING" : e->type,
		moved(c, e->value));
}

int ce_cmake_options(struct ce_cmake_build *b, const char *build_dir, const char *new_source,
	struct ccenv_error *err)
{
	struct choosing c = {.b = b, .build_dir = build_dir, .new_source = new_source};

	return read_cache(build_dir, take_option, &c, err);
}

void ce_cmake_release(struct ce_cmake_build *b)
{
	free(b->options.items);
	ce_arena_release(&b->arena);
	*b = (struct ce_cmake_build){0};
}
