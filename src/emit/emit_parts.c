/* SPDX-License-Identifier: MIT */
/* The libraries of a toolkit: which of them the prefix has. What exists on disk decides, not what was
 * asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "model/cuda_parts.h"
#include "model/pkg.h"

static bool has_library(
	const struct ce_emit_facts *f, const char *dir, const struct ce_cuda_part *p)
{
	CE_AUTOFREE char *path = ce_asprintf("%s/%s/lib%s%s", dir,
		p->in_stubs ? "lib/stubs" : "lib", p->lib, p->is_static ? ".a" : ".so");

	return ce_emit_is_there(f, path);
}

static bool has_header(const struct ce_emit_facts *f, const char *dir, const struct ce_cuda_part *p)
{
	CE_AUTOFREE char *path = ce_path_join(dir, p->header);

	return ce_emit_is_there(f, path);
}

/* Both what is linked and what is included must be there: -dev without the library is of no use. */
static bool find_files(
	const struct ce_emit_facts *f, const struct ce_cuda_part *p, const char *base)
{
	CE_AUTOFREE char *include = ce_path_join(base, "include");
	CE_AUTOFREE char *cccl = ce_path_join(include, "cccl");

	if (p->lib && !has_library(f, base, p))
		return false;
	if (!p->header || has_header(f, include, p))
		return true;
	return f->has_cccl_dir && has_header(f, cccl, p);
}

/* "cuda-cccl_@" -> the package cuda-cccl_linux-64, if it is in the prefix. */
static const struct ce_pkg *find_package(const struct ce_emit_facts *f, const char *name)
{
	size_t n = strcspn(name, "@");
	CE_AUTOFREE char *real =
		ce_asprintf("%.*s%s", (int)n, name, name[n] ? f->in->platform : "");

	return ce_emit_pkg_find(f, real);
}

/* Whose version the part has. */
static const struct ce_pkg *package_of(
	const struct ce_emit_facts *f, const struct ce_cuda_part *p, const struct ce_component *c)
{
	const struct ce_pkg *pkg = NULL;

	for (size_t i = 0; !pkg && i < CE_COUNT(p->packages) && p->packages[i]; i++)
		pkg = find_package(f, p->packages[i]);
	if (!p->packages[0] && c->linux_specs[0])
		pkg = find_package(f, c->linux_specs[0]);
	return pkg;
}

static int compare_parts(const void *x, const void *y)
{
	const struct ce_emit_part *a = x, *b = y;

	return strcmp(a->row->pc, b->row->pc);
}

void ce_emit_parts_find(struct ce_emit_facts *f)
{
	CE_AUTOFREE char *tree = ce_asprintf("%s/targets/%s", f->in->prefix, f->target);
	const struct ce_component *c;
	const struct ce_cuda_part *p;
	size_t n = 0;

	while (ce_cuda_part_at(n, &c))
		n++;
	f->parts = ce_arena_array(&f->arena, n, sizeof(*f->parts));
	for (size_t i = 0; (p = ce_cuda_part_at(i, &c)); i++)
		if (p->pc && find_files(f, p, p->in_prefix ? f->in->prefix : tree))
			f->parts[f->n_parts++] = (struct ce_emit_part){p, package_of(f, p, c)};
	qsort(f->parts, f->n_parts, sizeof(*f->parts), compare_parts);
}

const struct ce_emit_part *ce_emit_part_find(const struct ce_emit_facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_parts; i++)
		if (strcmp(f->parts[i].row->pc, name) == 0)
			return &f->parts[i];
	return NULL;
}
