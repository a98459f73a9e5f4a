/* SPDX-License-Identifier: MIT */
/* What the environment and git say about reproducible builds. */
#include "api/reproducible.h"

#include <string.h>
#include <strings.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "io/git.h"
#include "model/manifest.h"

/* The words that CMake has for on and off. */
static const struct {
	const char *word, *mode;
} words[] = {
	{"1", "1"},
	{"on", "1"},
	{"yes", "1"},
	{"true", "1"},
	{"0", "0"},
	{"off", "0"},
	{"no", "0"},
	{"false", "0"},
	{"strict", "strict"},
};

int ce_reproducible_mode(
	const struct ccenv *c, const char *manifest, const char **ret, struct ccenv_error *err)
{
	const char *word = c->getenv_fn ? c->getenv_fn("CCENV_REPRODUCIBLE") : NULL;

	if (!word || !*word) {
		*ret = manifest;
		return 0;
	}
	for (size_t i = 0; i < CE_COUNT(words); i++)
		if (strcasecmp(words[i].word, word) == 0) {
			*ret = words[i].mode;
			return 0;
		}
	return ce_fail(
		err, CCENV_EUSAGE, "CCENV_REPRODUCIBLE is \"%s\"; expected 1, 0 or strict", word);
}

bool ce_reproducible_is_on(const char *mode)
{
	return *mode && strcmp(mode, "0") != 0;
}

/* Decimal digits, as `date +%s` prints them. */
static const char *seconds(const char *text, struct ce_arena *a)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 18 || (text[n] && text[n] != '\n'))
		return NULL;
	return ce_arena_printf(a, "%.*s", (int)n, text);
}

const char *ce_reproducible_date(const struct ccenv *c, struct ce_arena *a)
{
	const char *given = c->getenv_fn ? c->getenv_fn("SOURCE_DATE_EPOCH") : NULL;
	CE_AUTOFREE char *dir =
		c->manifest_path ? ce_path_dir(c->manifest_path) : ce_path_absolute(".");
	const struct ce_git git = {.dir = dir, .getenv_fn = c->getenv_fn};
	struct ccenv_error ignored;
	struct ce_git_head head;

	if (given && seconds(given, a))
		return seconds(given, a);
	if (ce_git_head(&git, &head, &ignored) < 0)
		return NULL;
	return ce_arena_printf(a, "%lld", (long long)head.time);
}

int ce_reproducible_keep_date(const struct ccenv *c, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_AUTOFREE char *path = ce_path_join(c->root, "source-date");
	const char *mode = "", *date, *line;
	int r = ce_reproducible_mode(c, ce_manifest_reproducible(c->manifest), &mode, err);

	if (r < 0 || !ce_reproducible_is_on(mode))
		return r;
	date = ce_reproducible_date(c, &a);
	if (!date)
		return 0;
	line = ce_arena_printf(&a, "%s\n", date);
	return ce_fs_replace(path, line, strlen(line), NULL, err);
}
