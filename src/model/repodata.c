/* SPDX-License-Identifier: MIT */
/* The collected records, put into one order that does not depend on where they came from. */
#include "model/repodata.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct ce_repodata *ce_repodata_new(void)
{
	return ce_calloc(1, sizeof(struct ce_repodata));
}

void ce_repodata_free(struct ce_repodata *r)
{
	if (!r)
		return;
	ce_arena_release(&r->arena);
	free(r->pkgs);
	free(r->refused);
	free(r);
}

static int by_pkg(const void *a, const void *b)
{
	return ce_pkg_compare(a, b);
}

/* The same stem of the same channel and subdir, once as .conda and once as .tar.bz2 (CEP 36). */
static bool is_twin(const struct ce_pkg *a, const struct ce_pkg *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->version, b->version) == 0 &&
	       strcmp(a->build, b->build) == 0 && strcmp(a->subdir, b->subdir) == 0 &&
	       strcmp(a->channel, b->channel) == 0 && ce_pkg_is_conda(a) != ce_pkg_is_conda(b);
}

void ce_repodata_finish(struct ce_repodata *r)
{
	size_t n = 0;

	if (r->n)
		qsort(r->pkgs, r->n, sizeof(*r->pkgs), by_pkg);
	/* In this order ".conda" stands right before its ".tar.bz2" twin, and files that are listed
	 * twice stand together. */
	for (size_t i = 0; i < r->n; i++) {
		if (n > 0 && r->pkgs[n - 1].is_v3 != r->pkgs[i].is_v3 &&
			strcmp(r->pkgs[n - 1].url, r->pkgs[i].url) == 0) {
			if (r->pkgs[i].is_v3)
				r->pkgs[n - 1] = r->pkgs[i];
			continue;
		}
		if (n > 0 && is_twin(&r->pkgs[n - 1], &r->pkgs[i]) &&
			ce_pkg_is_conda(&r->pkgs[n - 1]))
			continue;
		r->pkgs[n++] = r->pkgs[i];
	}
	r->n = n;
}

const struct ce_pkg *ce_repodata_find(const struct ce_repodata *r, const char *name, size_t *ret_n)
{
	size_t lo = 0, hi = r->n, end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(r->pkgs[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < r->n && strcmp(r->pkgs[end].name, name) == 0; end++)
		;
	*ret_n = end - lo;
	return end > lo ? r->pkgs + lo : NULL;
}
