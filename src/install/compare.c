/* SPDX-License-Identifier: MIT */
/* Records against packages; see compare.h. */
#include "install/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/work.h"
#include "cache/beneath.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "install/relocate.h"
#include "model/pkg.h"

static const char says_otherwise[] = "is not what its package has (its record says otherwise)";
static const char not_in_package[] = "is in the record, and not in the package";
static const char not_in_record[] = "is missing from the record of its package";

struct sum {
	struct ce_digest *digest;
	uint64_t size;
};

static int add_to_sum(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct sum *s = user;

	(void)err;
	ce_digest_update(s->digest, data, len);
	s->size += len;
	return 0;
}

/* The hash of a file after its placeholder was replaced. */
static int expect_relocated(const struct ce_install_plan *plan, struct ce_planned_path *p,
	const char *data, struct ccenv_error *err)
{
	struct sum sum = {.digest = ce_digest_new(CE_DIGEST_SHA256)};
	const struct ce_relocate how = {
		.placeholder = p->content->placeholder, .prefix = plan->prefix};
	const struct ce_relocate_out out = {.add = add_to_sum, .user = &sum};
	size_t len = (size_t)p->content->size;
	int r = p->content->binary ? ce_relocate_binary(&how, data, len, &out, err)
				   : ce_relocate_text(&how, data, len, &out, err);

	ce_digest_final(sum.digest, p->hash);
	if (r < 0)
		return r;
	p->size_in_prefix = sum.size;
	p->sha256_in_prefix = p->hash;
	return 0;
}

/* A file of the cache, whose bytes must be those that were unpacked; -1 when they are not. */
static int open_content(const struct ce_install_plan *plan, const struct ce_planned_path *p)
{
	CE_AUTOFREE char *dir = ce_path_dir(p->content->path);
	CE_CLEANUP(ce_fs_closep)
	int entry = open(plan->pkgs[p->package].dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CE_CLEANUP(ce_fs_closep) int at = entry < 0 ? -1 : ce_open_dir_beneath(entry, dir);
	struct stat st;

	if (at < 0 || ce_content_check(at, p->content, true, &st) != CE_CONTENT_SAME)
		return -1;
	return ce_open_file_in(at, ce_path_base(p->content->path));
}

/* Leaves sha256_in_prefix NULL where the cache's file is not the package's: nothing can be said. */
static void expect_file(struct ce_install_plan *plan, struct ce_planned_path *p)
{
	CE_CLEANUP(ce_fs_closep) int fd = -1;
	struct ccenv_error ignored;
	size_t size = (size_t)p->content->size;
	void *data;

	if (!p->content->placeholder) {
		p->sha256_in_prefix = p->content->sha256;
		p->size_in_prefix = p->content->size;
		return;
	}
	fd = open_content(plan, p);
	if (fd < 0 || strlen(p->content->placeholder) < CE_RELOCATE_PLACEHOLDER_MIN)
		return;
	if (size == 0) {
		ce_ignore(expect_relocated(plan, p, "", &ignored));
		return;
	}
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return;
	ce_ignore(expect_relocated(plan, p, data, &ignored));
	munmap(data, size);
}

static int expect(void *user, size_t i, struct ccenv_error *err)
{
	struct ce_install_plan *plan = user;
	struct ce_planned_path *p = plan->paths[i];
	const char *text = p->content ? p->content->target : p->text;

	(void)err;
	if (p->content && p->content->kind == CE_CONTENT_FILE) {
		expect_file(plan, p);
		return 0;
	}
	p->size_in_prefix = strlen(text);
	ce_sha256_bytes(text, strlen(text), p->hash);
	p->sha256_in_prefix = p->hash;
	return 0;
}

/* The record of each package, and those that there is no list of. */
static const char **name_records(struct ce_compare *c, const struct ce_install_plan *plan)
{
	const char **names = ce_arena_array(c->arena, plan->n_pkgs + 1, sizeof(*names));

	c->absent.items = ce_arena_array(c->arena, plan->n_pkgs + 1, sizeof(*names));
	for (size_t i = 0; i < plan->n_pkgs; i++) {
		const struct ce_pkg *pkg = plan->pkgs[i].pkg;

		names[i] =
			ce_arena_printf(c->arena, "%s-%s-%s", pkg->name, pkg->version, pkg->build);
		if (!plan->pkgs[i].contents)
			c->absent.items[c->absent.n++] = names[i];
	}
	return names;
}

static int by_path(const void *a, const void *b)
{
	const struct ce_recorded *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static bool is_link(const struct ce_planned_path *p)
{
	return p->content && p->content->kind == CE_CONTENT_LINK;
}

/* What is wrong with an item of the record `record`, or NULL. */
static const char *judge(const struct ce_compare *c, const struct ce_planned_path *p,
	const char *record, const struct ce_recorded *item)
{
	/* A package whose list is not here may have taken this path from another. */
	if (strcmp(item->record, record) != 0)
		return c->absent.n > 0 ? NULL : says_otherwise;
	if (!p->sha256_in_prefix)
		return NULL;
	if (!item->sha256 || strcmp(item->sha256, p->sha256_in_prefix) != 0 ||
		(strcmp(item->type, "softlink") == 0) != is_link(p))
		return says_otherwise;
	return is_link(p) || item->size == p->size_in_prefix ? NULL : says_otherwise;
}

static void add_missing(struct ce_compare *c, const struct ce_planned_path *p)
{
	CE_GROW(c->items, c->n, c->cap);
	c->items[c->n++] = (struct ce_recorded){
		.path = ce_arena_strdup(c->arena, p->path),
		.type = "hardlink",
		.record = "",
		.wrong = not_in_record,
	};
}

/* Both ways: what a record says, and what it does not say. */
static void compare(struct ce_compare *c, const struct ce_install_plan *plan)
{
	const char **records = name_records(c, plan);
	size_t n = c->n;
	CE_AUTOFREE bool *seen = ce_calloc(n + 1, sizeof(*seen));

	if (n > 0)
		qsort(c->items, n, sizeof(*c->items), by_path);
	for (size_t i = 0; i < plan->n_paths; i++) {
		const struct ce_planned_path *p = plan->paths[i];
		const struct ce_recorded key = {.path = p->path};
		struct ce_recorded *item =
			n > 0 ? bsearch(&key, c->items, n, sizeof(*c->items), by_path) : NULL;

		if (item) {
			seen[item - c->items] = true;
			item->wrong = judge(c, p, records[p->package], item);
		} else if (c->absent.n == 0) {
			add_missing(c, p);
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!seen[i] && c->absent.n == 0 && strcmp(c->items[i].type, "directory") != 0)
			c->items[i].wrong = not_in_package;
}

int ce_install_compare(struct ce_compare *c, struct ccenv_error *err)
{
	CE_CLEANUP(ce_install_plan_freep) struct ce_install_plan *plan = NULL;
	struct ce_work work = {.threads = c->threads, .item = expect};
	int r = ce_install_plan_partial(c->pkgs, c->n_pkgs, c->cache_dir, c->prefix, &plan, err);

	if (r < 0)
		return r;
	work.n = plan->n_paths;
	work.user = plan;
	r = ce_work_run(&work, err);
	if (r < 0)
		return r;
	compare(c, plan);
	return 0;
}
