/* SPDX-License-Identifier: MIT */
/* What a project brings: ccenv.json and ccenv.lock. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "lock/lockfile.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/request.h"

/* All requests of a manifest that is valid. */
static void make_requests(const struct ce_manifest *m)
{
	static const struct ce_virtual defaults[] = {{"__glibc", "2.28", "0"}};
	struct ce_arena arena = {0};
	struct ccenv_error err;

	(void)ce_manifest_options(m, &arena);
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
	struct ccenv_error err;

	if (ce_lockfile_parse(data, size, &lock, &err) < 0)
		return;
	ce_lockfile_render(lock, &first);
	fuzz_require(ce_lockfile_parse(first.data, first.len, &again, &err) >= 0,
		"a lock that was read can be written and read again");
	ce_lockfile_render(again, &second);
	fuzz_require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0,
		"a lock read again has the same bytes");
}
