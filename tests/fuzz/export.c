/* SPDX-License-Identifier: MIT */
/* What is written for other programs of locks, and indexes of mirrors. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "exchange/channel_index.h"
#include "exchange/export.h"
#include "exchange/import.h"
#include "fuzz/fuzz.h"
#include "install/plan.h"
#include "io/yaml.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"

typedef void write_fn(const struct ce_export *e, struct ce_buf *out);

static void check_json(const struct ce_export *e, write_fn *write)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	struct ccenv_error err;

	write(e, &out);
	fuzz_require(ce_json_parse(ce_buf_str(&out), out.len, &v, &err) >= 0,
		"a bill of materials is JSON");
}

/* What ccenv reads of it again is judged by the reader of locks. */
static void check_import(const struct ce_export *e, write_fn *write, const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(ce_import_release) struct ce_import im = {0};
	struct ccenv_error err;

	write(e, &out);
	fuzz_require(ce_import_text(name, ce_buf_str(&out), out.len, &im, NULL, &err) >= 0,
		"what is written for another program can be read again");
}

static void check_explicit(const struct ce_export *e)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};

	ce_export_explicit(e, &out);
	for (const char *p = ce_buf_str(&out); *p; p += strcspn(p, "\n") + 1)
		fuzz_require(*p == '#' || *p == '@' || strncmp(p, "http", 4) == 0 ||
				     strncmp(p, "file:", 5) == 0,
			"a line of a list of packages is a URL or a comment");
}

static void export_platform(const struct ce_lockfile *lock, const struct ce_lockfile_env *env,
	const struct ce_lockfile_platform *p)
{
	struct ce_arena a = {0};
	const struct ce_pkg **ordered = ce_arena_array(&a, p->n_pkgs + 1, sizeof(*ordered));
	const struct ce_export e = {lock, env, p, ordered, "p"};

	ce_install_plan_order(p->pkgs, p->n_pkgs, ordered);
	check_json(&e, ce_export_spdx);
	check_json(&e, ce_export_cyclonedx);
	check_explicit(&e);
	check_import(&e, ce_export_environment, "environment.yml");
	ce_arena_release(&a);
}

void fuzz_export(const char *data, size_t size)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	struct ce_export e = {.project = "p"};
	struct ccenv_error err;

	if (size > 1 << 16 || ce_lockfile_parse(data, size, &lock, &err) < 0)
		return;
	e.lock = lock;
	check_import(&e, ce_export_pixi, "pixi.lock");
	for (size_t i = 0; i < lock->n_envs; i++) {
		e.env = &lock->envs[i];
		check_import(&e, ce_export_conda_lock, "conda-lock.yml");
		for (size_t k = 0; k < e.env->n_platforms; k++)
			export_platform(lock, e.env, &e.env->platforms[k]);
	}
}

void fuzz_index(const char *data, size_t size)
{
	CE_AUTOFREE char *path = ce_path_join(fuzz_dir(), "repodata.json");
	CE_CLEANUP(ce_json_decrefp) json_t *index = NULL, *again = NULL;
	struct ccenv_error err;

	fuzz_write(path, data, size);
	if (ce_channel_index_read(fuzz_dir_now(), &index, &err) < 0 || !index)
		return;
	if (ce_channel_index_write(fuzz_dir_now(), index, &err) < 0)
		return;
	fuzz_require(ce_channel_index_read(fuzz_dir_now(), &again, &err) >= 0 &&
			     json_equal(index, again),
		"an index that was written reads as the index");
}
