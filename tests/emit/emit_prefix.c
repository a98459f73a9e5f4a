/* SPDX-License-Identifier: MIT */
/* emit_prefix ROOT PREFIX CONTENT [LOCK]: ce_emit_all() over a prefix that somebody else has
 * installed. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"
#include "emit/emit.h"
#include "model/pkg.h"
#include "model/pkg_read.h"

static struct ce_pkg *read_record(const char *path, struct ce_arena *a, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ce_pkg *pkg = ce_arena_alloc(a, sizeof(*pkg));
	struct ce_cursor c;

	if (ce_fs_read(path, 64 << 20, &text, err) < 0)
		return NULL;
	ce_cursor_json(&c, ce_buf_str(&text), text.len, a);
	return ce_pkg_read(&c, NULL, pkg, err) < 0 ? NULL : pkg;
}

int main(int argc, char **argv)
{
	struct ce_arena a = {0};
	struct ccenv_error err = {0};
	const struct ce_pkg *pkgs[4096];
	size_t n = 0;
	char *meta;
	struct dirent *e;
	DIR *d;
	int r = 0;

	if (argc == 2 && strcmp(argv[1], "toolchain") == 0) {
		struct ce_buf b = {0};

		ce_emit_toolchain_text(&b);
		fputs(ce_buf_str(&b), stdout);
		ce_buf_release(&b);
		return 0;
	}
	if (argc < 4)
		return 2;
	meta = ce_asprintf("%s/conda-meta", argv[2]);
	d = opendir(meta);
	while (d && (e = readdir(d)) && n < CE_COUNT(pkgs)) {
		char *path = ce_asprintf("%s/%s", meta, e->d_name);

		if (strlen(e->d_name) > 5 &&
			strcmp(e->d_name + strlen(e->d_name) - 5, ".json") == 0 &&
			!(pkgs[n++] = read_record(path, &a, &err)))
			r = -1;
		free(path);
		if (r < 0)
			break;
	}
	if (d)
		closedir(d);
	free(meta);
	if (r == 0)
		r = ce_emit_all(&(struct ce_emit_input){.root = argv[1],
					.prefix = argv[2],
					.platform = "linux-64",
					.pkgs = pkgs,
					.n_pkgs = n,
					.lock_path = argc > 4 ? argv[4] : NULL,
					.reproducible = "",
					.content_hash = argv[3]},
			&err);
	if (r < 0)
		fprintf(stderr, "emit_prefix: %s\n", err.text);
	ce_arena_release(&a);
	return r < 0;
}
