/* SPDX-License-Identifier: MIT */
/*
 * For the tests and the bench that compare with other installers:
 *     installer [--repair] RECORDS CACHE PREFIX [SPEC...]   fetches and installs records
 *     installer --verify PREFIX
 * RECORDS is a JSON array of repodata records, each with fn, url, subdir and channel besides. With
 * INSTALLER_TRUST, a directory, nothing is downloaded: what another program has unpacked there is
 * taken.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "fetch/fetch.h"
#include "install/install.h"
#include "model/pkg.h"
#include "model/pkg_read.h"

static void print_log(void *user, enum ccenv_level level, const char *text)
{
	(void)user;
	if (level <= CCENV_LOG_INFO)
		fprintf(stderr, "%s%s\n", level == CCENV_LOG_WARNING ? "warning: " : "", text);
}

static const char *get_env(const char *name)
{
	return getenv(name);
}

static int read_records(const char *path, struct ce_arena *a, struct ce_pkg **ret_pkgs,
	size_t *ret_n, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ce_cursor c;
	size_t cap = 0;
	int r = ce_fs_read(path, 1 << 30, &text, err), more;

	if (r < 0)
		return r;
	ce_cursor_json(&c, ce_buf_str(&text), text.len, a);
	if (!c.ops->enter(&c))
		return ce_fail(err, CCENV_EDATA, "%s: expected a list", path);
	while ((more = c.ops->next_item(&c)) > 0) {
		CE_GROW(*ret_pkgs, *ret_n, cap);
		r = ce_pkg_read(&c, NULL, &(*ret_pkgs)[(*ret_n)++], err);
		if (r < 0)
			return r;
	}
	return more < 0 ? ce_fail(err, CCENV_EDATA, "%s: malformed", path) : 0;
}

static int run(char **argv, int argc, bool repair, struct ccenv_error *err)
{
	struct ce_arena arena = {0};
	struct ccenv_events events = {.log = print_log};
	const char *trusted = getenv("INSTALLER_TRUST");
	struct ce_fetch_options fetch = {
		.cache_dir = argv[2],
		.check = repair ? CE_FETCH_AGAIN : CE_FETCH_CHECK_NONE,
		.offline = trusted != NULL,
		.trusted_caches = &trusted,
		.n_trusted_caches = trusted != NULL,
		.getenv_fn = get_env,
		.events = &events,
	};
	CE_AUTOFREE char *prefix = ce_path_absolute(argv[3]);
	struct ce_install_options install = {
		.cache_dir = argv[2],
		.prefix = prefix,
		.requested = (const char *const *)argv + 4,
		.n_requested = (size_t)argc - 4,
		.force = repair,
		.events = &events,
	};
	CE_AUTOFREE struct ce_pkg *pkgs = NULL;
	const struct ce_pkg **list;
	size_t n = 0;
	int r = read_records(argv[1], &arena, &pkgs, &n, err);

	list = ce_calloc(n + 1, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = &pkgs[i];
	if (r == 0 && !repair && ce_install_is_current(list, n, &install)) {
		printf("nothing to do\n");
	} else if (r == 0) {
		r = ce_fetch(list, n, &fetch, err);
		if (r == 0)
			r = ce_install(list, n, &install, err);
		if (r == CCENV_EDATA && !repair) {
			fetch.check = CE_FETCH_CHECK_FILES;
			r = ce_fetch(list, n, &fetch, err);
			if (r == 0)
				r = ce_install(list, n, &install, err);
		}
	}
	free(list);
	ce_arena_release(&arena);
	return r;
}

int main(int argc, char **argv)
{
	struct ccenv_error err = {0};
	bool repair = argc > 1 && strcmp(argv[1], "--repair") == 0;
	int r;

	if (argc == 3 && strcmp(argv[1], "--verify") == 0) {
		r = ce_install_verify(argv[2], &(struct ce_verify_options){0}, &err);
	} else if (argc - repair >= 4) {
		r = run(argv + repair, argc - repair, repair, &err);
	} else {
		fprintf(stderr, "usage: installer [--repair] RECORDS CACHE PREFIX [SPEC...]\n");
		return 2;
	}
	if (r == 0)
		return 0;
	fprintf(stderr, "error: %s\n", err.text);
	return 1;
}
