/* SPDX-License-Identifier: MIT */
/*
 * The order of installation. It decides who wins a path that two packages bring, so it is the one
 * rattler has: depth first from the packages nobody needs, the last name first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "install/plan.h"
#include "model/pkg.h"
#include "spec/name.h"

struct node {
	const struct ce_pkg *pkg;
	bool needed; /* by another package */
	bool seen;
};

struct graph {
	struct ce_map by_name; /* name -> node */
	struct node *nodes;
	size_t n;
	const struct ce_pkg **out;
	size_t n_out;
};

/* A step on the way: look at a package, or, behind its dependencies, put it out. */
struct step {
	struct node *node;
	bool put;
};

struct steps {
	struct step *items;
	size_t n, cap;
};

static void push(struct steps *s, struct node *node, bool put)
{
	CE_GROW(s->items, s->n, s->cap);
	s->items[s->n++] = (struct step){.node = node, .put = put};
}

static struct node *find(const struct graph *g, const char *depend)
{
	const char *at = "";
	size_t n = ce_dependency_name(depend, &at);
	CE_AUTOFREE char *name = ce_strndup(at, n);

	ce_name_to_lower(name);
	return ce_map_get(&g->by_name, name);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;

	return strcmp((*x)->pkg->name, (*y)->pkg->name);
}

/* Pushes sorted, so that the last name is looked at first. */
static void push_sorted(struct steps *s, struct node **nodes, size_t n)
{
	if (n > 0)
		qsort(nodes, n, sizeof(*nodes), compare_nodes);
	for (size_t i = 0; i < n; i++)
		push(s, nodes[i], false);
}

static void visit(struct graph *g, struct steps *s, struct node *node)
{
	const struct ce_pkg *pkg = node->pkg;
	CE_AUTOFREE struct node **deps = ce_calloc(pkg->n_depends + 1, sizeof(struct node *));
	size_t n = 0;

	if (node->seen)
		return;
	node->seen = true;
	push(s, node, true);
	for (size_t i = 0; i < pkg->n_depends; i++) {
		struct node *dep = find(g, pkg->depends[i]);

		if (dep)
			deps[n++] = dep;
	}
	push_sorted(s, deps, n);
}

static void walk(struct graph *g, bool roots_only)
{
	CE_AUTOFREE struct node **start = ce_calloc(g->n + 1, sizeof(struct node *));
	struct steps steps = {0};
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (!g->nodes[i].seen && !(roots_only && g->nodes[i].needed))
			start[n++] = &g->nodes[i];
	push_sorted(&steps, start, n);
	while (steps.n > 0) {
		struct step step = steps.items[--steps.n];

		if (step.put)
			g->out[g->n_out++] = step.node->pkg;
		else
			visit(g, &steps, step.node);
	}
	free(steps.items);
}

void ce_install_plan_order(
	const struct ce_pkg *const *pkgs, size_t n, const struct ce_pkg **ret_order)
{
	struct graph g = {.n = n, .out = ret_order};

	g.nodes = ce_calloc(n + 1, sizeof(*g.nodes));
	for (size_t i = 0; i < n; i++) {
		g.nodes[i].pkg = pkgs[i];
		ce_map_set(&g.by_name, pkgs[i]->name, &g.nodes[i]);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < pkgs[i]->n_depends; k++) {
			struct node *dep = find(&g, pkgs[i]->depends[k]);

			if (dep)
				dep->needed = true;
		}
	walk(&g, true);
	/* What is left needs itself in a circle. */
	walk(&g, false);
	ce_map_release(&g.by_name);
	free(g.nodes);
}
