/* SPDX-License-Identifier: MIT */
/* What a project brings: ccenv.json and ccenv.lock. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "lock/lockfile.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/request.h"

static const struct ce_virtual defaults[] = {{"__glibc", "2.28", "0"}};

/* Those of the two sides of a target. */
static void make_target_requests(const struct ce_manifest *m, const struct ce_target *t)
{
	struct ccenv_error err;

	for (size_t i = 0; i < m->n_environments; i++) {
		const struct ce_environment *env = &m->environments[i];

		(void)ce_manifest_archs(env, t);
		for (int side = CE_SIDE_BUILD; side <= CE_SIDE_HOST; side++) {
			CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
			const struct ce_request_target target = {
				.platform = side == CE_SIDE_BUILD ? t->build : t->host,
				.target = t,
				.side = side,
				.defaults = defaults,
				.n_defaults = 1,
				.host_defaults = defaults,
				.n_host_defaults = 1,
				.now = 1700000000000};

			(void)!ce_manifest_request(m, env, &target, &q, &err);
		}
	}
	(void)ce_manifest_target(m, t->name);
}

/* All requests of a manifest that is valid. */
static void make_requests(const struct ce_manifest *m)
{
	struct ce_arena arena = {0};
	struct ccenv_error err;

	(void)ce_manifest_options(m, &arena);
	(void)ce_manifest_reproducible(m);
	for (size_t i = 0; i < m->n_environments; i++) {
		struct ce_strs platforms = ce_manifest_platforms(m, &m->environments[i], &arena);

		for (size_t k = 0; k < platforms.n; k++) {
			CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
			const struct ce_request_target target = {.platform = platforms.items[k],
				.defaults = defaults,
				.n_defaults = 1};

			(void)!ce_manifest_request(m, &m->environments[i], &target, &q, &err);
		}
	}
	for (size_t i = 0; i < m->n_targets; i++)
		make_target_requests(m, &m->targets[i]);
	ce_arena_release(&arena);
}

void fuzz_manifest(const char *data, size_t size)
{
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = NULL;
	struct ccenv_error err;

	if (ce_manifest_parse(data, size, "/p/ccenv.json", &m, &err) >= 0)
		make_requests(m);
}

void fuzz_lockfile(const char *data, size_t size)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL, *again = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf first = {0}, second = {0};
	CE_AUTOFREE char *path = ce_path_join(fuzz_dir(), "ccenv.lock");
	struct ccenv_error err;

	fuzz_write(path, data, size);
	if (ce_lockfile_read(path, &lock, &err) < 0 || !lock)
		return;
	ce_lockfile_render(lock, &first);
	fuzz_require(ce_lockfile_parse(first.data, first.len, &again, &err) >= 0,
		"a lock that was read can be written and read again");
	ce_lockfile_render(again, &second);
	fuzz_require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0,
		"a lock read again has the same bytes");
}
