/* SPDX-License-Identifier: MIT */
/* Requests and solutions. */
#include "model/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/pkg.h"

const char *ce_side_name(enum ce_side side)
{
	static const char *const names[] = {
		[CE_SIDE_NATIVE] = "", [CE_SIDE_BUILD] = "build", [CE_SIDE_HOST] = "host"};

	return names[side];
}

struct ce_request *ce_request_new(void)
{
	return ce_calloc(1, sizeof(struct ce_request));
}

void ce_request_free(struct ce_request *r)
{
	if (!r)
		return;
	ce_arena_release(&r->arena);
	free(r);
}

void ce_solution_free(struct ce_solution *s)
{
	if (!s)
		return;
	free(s->pkgs);
	free(s);
}

void ce_request_add_pin(struct ce_request *r, const struct ce_spec *spec)
{
	const struct ce_spec **more = ce_arena_array(&r->arena, r->n_pins + 1, sizeof(*more));

	if (r->n_pins)
		memcpy(more, r->pins, r->n_pins * sizeof(*more));
	more[r->n_pins++] = spec;
	r->pins = more;
}

static int by_text(const void *a, const void *b)
{
	const struct ce_spec *const *x = a, *const *y = b;

	return strcmp((*x)->text, (*y)->text);
}

void ce_request_sort_specs(struct ce_request *r)
{
	size_t n = 0;

	if (r->n_specs)
		qsort(r->specs, r->n_specs, sizeof(*r->specs), by_text);
	for (size_t i = 0; i < r->n_specs; i++)
		if (n == 0 || strcmp(r->specs[n - 1]->text, r->specs[i]->text) != 0)
			r->specs[n++] = r->specs[i];
	r->n_specs = n;
}

void ce_request_set_virtuals(
	struct ce_request *r, const struct ce_virtual *list, size_t n, size_t more)
{
	r->virtuals = ce_arena_array(&r->arena, n + more + 1, sizeof(*r->virtuals));
	r->n_virtuals = 0;
	for (size_t i = 0; i < n; i++)
		ce_request_set_virtual(r, list[i]);
}

void ce_request_set_virtual(struct ce_request *r, struct ce_virtual v)
{
	struct ce_virtual *list = r->virtuals;
	size_t i = 0;

	while (i < r->n_virtuals && strcmp(list[i].name, v.name) < 0)
		i++;
	if (i < r->n_virtuals && strcmp(list[i].name, v.name) == 0) {
		r->n_virtuals--;
		memmove(&list[i], &list[i + 1], (r->n_virtuals - i) * sizeof(*list));
	}
	if (!v.version)
		return;
	memmove(&list[i + 1], &list[i], (r->n_virtuals - i) * sizeof(*list));
	list[i] = v;
	r->n_virtuals++;
}

void ce_virtual_as_pkg(const struct ce_virtual *v, struct ce_arena *a, struct ce_pkg *ret_pkg)
{
	*ret_pkg = (struct ce_pkg){.name = v->name,
		.version = v->version,
		.build = v->build,
		.subdir = "",
		.fn = "",
		.channel = "",
		.url = ""};
	ce_pkg_prepare(ret_pkg, a);
}
