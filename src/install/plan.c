/* SPDX-License-Identifier: MIT */
/* From packages to a plan: order, read the lists, place python's files, decide conflicts. */
#include "install/plan.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/work.h"
#include "cache/contents.h"
#include "cache/layout.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"

static int read_one(void *user, size_t i, struct ccenv_error *err)
{
	struct ce_install_plan *plan = user;
	int r = ce_install_plan_read_package(&plan->pkgs[i], err);

	if (r < 0 && plan->partial)
		return 0;
	return r < 0 ? r : ce_install_plan_python(plan, &plan->pkgs[i], err);
}

static int fill(struct ce_install_plan *plan, struct ccenv_error *err)
{
	struct ce_work work = {.n = plan->n_pkgs, .user = plan, .item = read_one};
	int r = ce_install_plan_find_python(plan, err);

	if (r < 0)
		return r;
	r = ce_work_run(&work, err);
	if (r < 0)
		return r;
	return ce_install_plan_resolve_clobbers(plan, err);
}

static struct ce_install_plan *begin(
	const struct ce_pkg *const *pkgs, size_t n, const char *cache_dir, const char *prefix)
{
	struct ce_install_plan *plan = ce_calloc(1, sizeof(*plan));
	CE_AUTOFREE const struct ce_pkg **order = ce_calloc(n + 1, sizeof(*order));

	ce_install_plan_order(pkgs, n, order);
	plan->prefix = ce_arena_strdup(&plan->arena, prefix);
	plan->pkgs = ce_calloc(n + 1, sizeof(*plan->pkgs));
	for (size_t i = 0; i < n; i++)
		plan->pkgs[plan->n_pkgs++] = (struct ce_planned_pkg){
			.pkg = order[i],
			.dir = ce_cache_entry(cache_dir, ce_pkg_digest(order[i])),
		};
	return plan;
}

int ce_install_plan_new(const struct ce_pkg *const *pkgs, size_t n, const char *cache_dir,
	const char *prefix, struct ce_install_plan **ret_plan, struct ccenv_error *err)
{
	CE_CLEANUP(ce_install_plan_freep)
	struct ce_install_plan *plan = begin(pkgs, n, cache_dir, prefix);
	int r = fill(plan, err);

	if (r < 0)
		return r;
	*ret_plan = CE_TAKE(plan);
	return 0;
}

int ce_install_plan_partial(const struct ce_pkg *const *pkgs, size_t n, const char *cache_dir,
	const char *prefix, struct ce_install_plan **ret_plan, struct ccenv_error *err)
{
	CE_CLEANUP(ce_install_plan_freep)
	struct ce_install_plan *plan = begin(pkgs, n, cache_dir, prefix);
	int r;

	plan->partial = true;
	r = fill(plan, err);
	if (r < 0)
		return r;
	*ret_plan = CE_TAKE(plan);
	return 0;
}

void ce_install_plan_free(struct ce_install_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_pkgs; i++) {
		struct ce_planned_pkg *p = &plan->pkgs[i];

		free(p->dir);
		free(p->paths);
		ce_contents_free(p->contents);
		ce_arena_release(&p->arena);
	}
	free(plan->pkgs);
	ce_arena_release(&plan->arena);
	free(plan);
}
