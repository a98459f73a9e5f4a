/* SPDX-License-Identifier: MIT */
/* The files that differ, and diffoscope's report on them. */

#include "api/rebuild.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "io/spawn.h"

/* In a directory that ccenv made and may replace. git ignores what is in it. */
#define MARKER ".ccenv-rebuild-check"

enum {
	FILES_MAX = 50,
	LIMIT_S = 300,
	OUTPUT_MAX = 1 << 20
};

static int copy_one(
	const struct ce_build *b, const char *to, const char *rel, struct ccenv_error *err)
{
	CE_AUTOFREE char *from = ce_path_join(b->dir, rel);
	CE_AUTOFREE char *path = ce_path_join(to, rel);
	CE_AUTOFREE char *dir = ce_path_dir(path);
	CE_CLEANUP(ce_buf_release) struct ce_buf bytes = {0};
	int r = ce_fs_read(from, 1U << 30, &bytes, err);

	if (r == CCENV_ENOTFOUND)
		return 0; /* only one of the builds has it */
	if (r >= 0)
		r = ce_fs_mkdirs(dir, err);
	return r < 0 ? r : ce_fs_replace(path, bytes.data, bytes.len, NULL, err);
}

/* A new directory there, in place of one of ccenv's own. */
static int make_dir(const char *dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *marker = ce_path_join(dir, MARKER);
	CE_AUTOFREE char *ignore = ce_path_join(dir, ".gitignore");
	int r;

	if (ce_fs_exists(dir) && !ce_fs_exists(marker))
		return ce_fail(err, CCENV_EUSAGE,
			"%s exists and was not made by ccenv; choose another directory with --report",
			dir);
	r = ce_fs_remove_tree(dir, err);
	if (r >= 0)
		r = ce_fs_mkdirs(dir, err);
	if (r >= 0)
		r = ce_fs_replace(marker, "", 0, NULL, err);
	return r < 0 ? r : ce_fs_replace(ignore, "*\n", 2, NULL, err);
}

int ce_rebuild_report(const char *dir, const struct ce_build builds[2], struct ce_strs different,
	struct ce_arena *a, const char **ret_path, struct ccenv_error *err)
{
	const char *report = ce_arena_printf(a, "%s/report.html", dir);
	CE_AUTOFREE char *first = ce_path_join(dir, "first"), *second = ce_path_join(dir, "second");
	const char *const argv[] = {"diffoscope", "--no-progress",
		"--exclude-directory-metadata=yes", "--html", report, first, second, NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ccenv_error ignored;
	int status, r = make_dir(dir, err);

	for (size_t i = 0; r >= 0 && i < different.n && i < FILES_MAX; i++) {
		r = copy_one(&builds[0], first, different.items[i], err);
		if (r >= 0)
			r = copy_one(&builds[1], second, different.items[i], err);
	}
	if (r < 0)
		return r;
	ce_buf_init(&out, OUTPUT_MAX);
	*ret_path = NULL;
	/* Without one, or when it takes too long, the files are there to be compared by other means. */
	if (ce_spawn_read(argv, LIMIT_S, &out, &status, &ignored) == 0 && ce_fs_exists(report))
		*ret_path = report;
	return 0;
}
