/* SPDX-License-Identifier: MIT */
/* ccenv_licenses(): the licenses of the locked packages, and what of CUDA may be distributed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/locked.h"
#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "cache/contents.h"
#include "cache/entry.h"
#include "cache/layout.h"
#include "model/cuda_eula.h"
#include "model/lockfile.h"
#include "model/pkg.h"

enum {
	TEXT_MAX = 4 << 20
};

static const char built_in[] =
	"CUDA Toolkit EULA, Attachment A, as in CUDA 13.0 (https://docs.nvidia.com/cuda/eula/)";

/* info/licenses/…, and info/LICENSE.txt in older packages. */
static bool is_license(const struct ce_content *c)
{
	static const char licenses[] = "info/licenses/", license[] = "info/LICENSE";

	return c->kind == CE_CONTENT_FILE &&
	       (ce_has_prefix(c->path, licenses) || ce_has_prefix(c->path, license));
}

static void add_texts(
	const struct ce_contents *contents, struct ce_arena *a, struct ccenv_license *l)
{
	const char **texts = ce_arena_array(a, contents->n + 1, sizeof(*texts));

	for (size_t i = 0; i < contents->n; i++)
		if (is_license(&contents->items[i]))
			texts[l->n_texts++] = ce_arena_strdup(a, contents->items[i].path);
	l->texts = texts;
}

/* The list in one of the package's own texts, or the built-in one. */
static struct ce_strs attachment(
	const struct ce_pkg *p, struct ccenv_license *l, struct ce_arena *a)
{
	struct ccenv_error ignored;

	for (size_t i = 0; i < l->n_texts; i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
		struct ce_strs names;

		if (ce_fs_read_beneath(l->dir, l->texts[i], TEXT_MAX, &text, &ignored) < 0 ||
			!ce_cuda_eula_is_text(ce_buf_str(&text)))
			continue;
		l->cuda_eula = true;
		names = ce_cuda_eula_parse(ce_buf_str(&text), p->subdir, a);
		if (!names.n)
			continue;
		l->source = ce_arena_printf(
			a, "CUDA Toolkit EULA, Attachment A, in %s of %s", l->texts[i], p->fn);
		return names;
	}
	if (l->cuda_eula)
		l->source = built_in;
	return l->cuda_eula ? ce_cuda_eula_linux() : (struct ce_strs){0};
}

static void add_redistributable(const struct ce_contents *contents, struct ce_strs names,
	struct ce_arena *a, struct ccenv_license *l)
{
	const char **files = ce_arena_array(a, contents->n + 1, sizeof(*files));

	for (size_t i = 0; i < contents->n; i++) {
		const struct ce_content *c = &contents->items[i];

		if (c->listed && c->kind != CE_CONTENT_DIR && ce_cuda_eula_names(names, c->path))
			files[l->n_redistributable++] = ce_arena_strdup(a, c->path);
	}
	l->redistributable = files;
}

/* What is only known of a package that is in the cache. */
static void look_into(
	const struct ccenv *c, const struct ce_pkg *p, struct ce_arena *a, struct ccenv_license *l)
{
	CE_CLEANUP(ce_contents_freep) struct ce_contents *contents = NULL;
	const char *digest = ce_pkg_digest(p);
	CE_AUTOFREE char *dir = digest ? ce_cache_entry(c->cache_dir, digest) : NULL;
	struct ccenv_error ignored;
	struct ce_strs names;

	if (!dir || ce_entry_read(dir, p, &contents, &ignored) < 0)
		return;
	l->dir = ce_arena_strdup(a, dir);
	add_texts(contents, a, l);
	names = attachment(p, l, a);
	if (l->cuda_eula)
		add_redistributable(contents, names, a, l);
}

static void add(const struct ccenv *c, const struct ce_pkg *pkg, struct ccenv_licenses *list)
{
	struct ce_arena *a = list->owner;
	struct ccenv_license *l = &list->items[list->n++];

	*l = (struct ccenv_license){
		.name = ce_arena_strdup(a, pkg->name),
		.version = ce_arena_strdup(a, pkg->version),
		.license = ce_arena_strdup(a, pkg->license),
		.family = ce_arena_strdup(a, pkg->license_family),
		.cuda_eula = ce_cuda_eula_is_license(pkg->license),
	};
	look_into(c, pkg, a, l);
}

/* Both sets in one order; what both have is one package of the lock. */
static void add_all(const struct ccenv *c, const struct ce_lockfile_platform *one,
	const struct ce_lockfile_platform *other, struct ccenv_licenses *list)
{
	size_t i = 0, k = 0, n = other ? other->n_pkgs : 0;

	while (i < one->n_pkgs || k < n) {
		const struct ce_pkg *x = i < one->n_pkgs ? one->pkgs[i] : NULL;
		const struct ce_pkg *y = k < n ? other->pkgs[k] : NULL;
		int order = !x ? 1 : !y ? -1 : x == y ? 0 : ce_pkg_compare(x, y);

		x = order <= 0 ? x : y;
		assert(x);
		add(c, x, list);
		i += order <= 0;
		k += order >= 0;
	}
}

int ccenv_licenses(struct ccenv *c, const struct ccenv_selection *of, struct ccenv_licenses *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	const struct ce_lockfile_platform *tools;
	struct ce_locked part;
	int r = ce_locked_read(c, of, &lock, &part, err);

	if (r < 0)
		return r;
	r = ce_trust_check_cache(c, err);
	if (r < 0)
		return r;
	tools = part.target ? &part.target->build : NULL;
	*ret = (struct ccenv_licenses){.owner = ce_owner_new()};
	ret->items = ce_arena_array(ret->owner,
		part.packages->n_pkgs + (tools ? tools->n_pkgs : 0) + 1, sizeof(*ret->items));
	add_all(c, part.packages, tools, ret);
	return 0;
}

void ccenv_licenses_free(struct ccenv_licenses *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_licenses){0};
}
