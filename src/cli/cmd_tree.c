/* SPDX-License-Identifier: MIT */
/*
 * ccenv tree, ccenv why: what the locked packages need, and what needs them.
 *
 *     cuda-nvcc 13.0.88
 *     ├── cuda-nvcc_linux-64 13.0.88
 *     │   └── cuda-version 13.0
 *     └── cuda-version 13.0
 *
 * A package is expanded where it comes first; further on "(*)" says that its own needs are above. No lock
 * needs a tree that is deeper than DEPTH_MAX: each line begins with its depth, so the text of a chain grows
 * with the square of its length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/graphviz.h"
#include "cli/packages.h"

enum {
	DEPTH_MAX = 100,
	PRINT_AT = 1 << 20 /* bytes of a tree */
};

/* The packages, and an edge to each neighbor: what a package needs, or, inverted, what needs it. Those of
 * package i are edges[first[i]] to edges[first[i + 1] - 1], in the order of the list. */
struct graph {
	const struct ccenv_packages *list;
	size_t *edges;
	size_t *first;
	bool *is_root; /* where printing begins */
	bool *is_seen; /* already expanded */
	struct ce_buf out;
};

static void graph_release(struct graph *g)
{
	free(g->edges);
	free(g->first);
	free(g->is_root);
	free(g->is_seen);
	ce_buf_release(&g->out);
}

static size_t n_edges(const struct graph *g, size_t i)
{
	return g->first[i + 1] - g->first[i];
}

static size_t edge(const struct graph *g, size_t i, size_t k)
{
	return g->edges[g->first[i] + k];
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void add_edges(struct graph *g, bool invert)
{
	const struct ccenv_packages *list = g->list;
	CE_AUTOFREE size_t *at = ce_calloc(list->n + 1, sizeof(*at));

	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->items[i].n_depends_on; k++)
			g->first[(invert ? list->items[i].depends_on[k] : i) + 1]++;
	for (size_t i = 0; i < list->n; i++) {
		g->first[i + 1] += g->first[i];
		at[i] = g->first[i];
	}
	g->edges = ce_calloc(g->first[list->n] + 1, sizeof(*g->edges));
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->items[i].n_depends_on; k++) {
			size_t to = list->items[i].depends_on[k];

			g->edges[at[invert ? to : i]++] = invert ? i : to;
		}
}

static void make_graph(struct graph *g, const struct ccenv_packages *list, bool invert)
{
	*g = (struct graph){.list = list};
	g->first = ce_calloc(list->n + 1, sizeof(*g->first));
	g->is_root = ce_calloc(list->n + 1, sizeof(*g->is_root));
	g->is_seen = ce_calloc(list->n + 1, sizeof(*g->is_seen));
	add_edges(g, invert);
	/* The list is sorted by name. */
	for (size_t i = 0; i < list->n; i++)
		if (n_edges(g, i))
			qsort(g->edges + g->first[i], n_edges(g, i), sizeof(*g->edges), by_number);
}

/* ---- where to begin ---- */

static int name_root(struct ce_cli *cli, struct graph *g, const char *name)
{
	const char *nearest = NULL;
	size_t least = 3;
	bool found = false;

	for (size_t i = 0; i < g->list->n; i++) {
		const char *other = g->list->items[i].name;
		size_t distance = ce_edit_distance(other, name);

		g->is_root[i] = strcmp(other, name) == 0;
		found = found || g->is_root[i];
		if (distance < least) {
			least = distance;
			nearest = other;
		}
	}
	if (found)
		return CE_EXIT_OK;
	if (nearest)
		return ce_cli_failf(cli, CCENV_ENOTFOUND,
			"%s is not among the locked packages; did you mean %s?", name, nearest);
	return ce_cli_failf(cli, CCENV_ENOTFOUND,
		"%s is not among the locked packages; `ccenv list` shows them", name);
}

/* What ccenv.json asks for; for an inverted tree, what needs nothing itself. */
static void default_roots(struct graph *g, bool invert)
{
	for (size_t i = 0; i < g->list->n; i++)
		g->is_root[i] =
			invert ? g->list->items[i].n_depends_on == 0 : g->list->items[i].requested;
}

/* ---- output ---- */

static void add_name(struct graph *g, size_t i)
{
	const struct ccenv_package *p = &g->list->items[i];

	ce_buf_add_printable(&g->out, p->name, false);
	ce_buf_addc(&g->out, ' ');
	ce_buf_add_printable(&g->out, p->version, false);
	if (p->side)
		ce_buf_addf(&g->out, " (%s)", p->side);
}

static void print_out(struct graph *g)
{
	fputs(ce_buf_str(&g->out), stdout);
	ce_buf_clear(&g->out);
}

/* The package's line, and the lines below it; `indent` is what each begins with. */
static void add_tree(
	struct graph *g, size_t i, bool marks_requested, const char *indent, unsigned depth)
{
	const size_t n = n_edges(g, i);

	if (g->out.len > PRINT_AT)
		print_out(g);
	add_name(g, i);
	if (marks_requested && g->list->items[i].requested)
		ce_buf_adds(&g->out, " (in ccenv.json)");
	if (n && (g->is_seen[i] || depth == DEPTH_MAX)) {
		ce_buf_adds(&g->out, g->is_seen[i] ? " (*)\n" : " (…)\n");
		return;
	}
	g->is_seen[i] = true;
	ce_buf_addc(&g->out, '\n');
	for (size_t k = 0; k < n; k++) {
		bool last = k + 1 == n;
		CE_AUTOFREE char *deeper = ce_asprintf("%s%s   ", indent, last ? " " : "│");

		ce_buf_addf(&g->out, "%s%s── ", indent, last ? "└" : "├");
		add_tree(g, edge(g, i, k), marks_requested, deeper, depth + 1);
	}
}

static void print_tree(struct graph *g, bool invert)
{
	for (size_t i = 0; i < g->list->n; i++)
		if (g->is_root[i])
			add_tree(g, i, invert, "", 0);
	print_out(g);
}

/* Marks what can be reached from the roots as seen. */
static void reach(struct graph *g)
{
	CE_AUTOFREE size_t *left = ce_calloc(g->list->n + 1, sizeof(*left));
	size_t n = 0;

	for (size_t i = 0; i < g->list->n; i++) {
		g->is_seen[i] = g->is_root[i];
		if (g->is_root[i])
			left[n++] = i;
	}
	while (n) {
		size_t i = left[--n];

		for (size_t k = 0; k < n_edges(g, i); k++) {
			size_t to = edge(g, i, k);

			if (!g->is_seen[to])
				left[n++] = to;
			g->is_seen[to] = true;
		}
	}
}

static void print_json(struct graph *g, const char *edges_name)
{
	CE_CLEANUP(ce_json_decrefp) json_t *all = json_array();

	for (size_t i = 0; i < g->list->n; i++) {
		json_t *o, *edges;

		if (!g->is_seen[i])
			continue;
		o = json_object();
		edges = json_array();
		json_object_set_new(o, "name", json_string(g->list->items[i].name));
		json_object_set_new(o, "version", json_string(g->list->items[i].version));
		if (g->list->items[i].side)
			json_object_set_new(o, "side", json_string(g->list->items[i].side));
		json_object_set_new(o, "requested", json_boolean(g->list->items[i].requested));
		for (size_t k = 0; k < n_edges(g, i); k++)
			json_array_append_new(
				edges, json_string(g->list->items[edge(g, i, k)].name));
		json_object_set_new(o, edges_name, edges);
		json_array_append_new(all, o);
	}
	ce_json_format(all, &g->out);
	fputs(ce_buf_str(&g->out), stdout);
}

/* For graphviz; arrows go from what needs to what is needed. Names have no quotes in them. */
static void add_dot(struct graph *g, bool invert)
{
	ce_buf_adds(&g->out, "digraph ccenv {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < g->list->n; i++) {
		const struct ccenv_package *p = &g->list->items[i];
		/* A package may be on both sides of a target. */
		const char *side = p->side ? p->side : "", *dash = p->side ? " " : "";

		if (!g->is_seen[i])
			continue;
		ce_buf_addf(&g->out, "\t\"%s%s%s\" [label=\"%s\\n%s%s%s\"%s];\n", p->name, dash,
			side, p->name, p->version, dash, side, p->requested ? ", style=bold" : "");
		for (size_t k = 0; k < n_edges(g, i); k++) {
			const char *other = g->list->items[edge(g, i, k)].name;

			ce_buf_addf(&g->out, "\t\"%s%s%s\" -> \"%s%s%s\";\n",
				invert ? other : p->name, dash, side, invert ? p->name : other,
				dash, side);
		}
	}
	ce_buf_adds(&g->out, "}\n");
}

/* ---- the commands ---- */

struct tree_options {
	struct ccenv_selection of;
	const char *pattern, *name; /* NULL: from what ccenv.json asks for */
	bool invert, dot, svg;
};

static int print(
	struct ce_cli *cli, const struct tree_options *o, const struct ccenv_packages *list)
{
	CE_CLEANUP(graph_release) struct graph g;
	int status = CE_EXIT_OK;

	make_graph(&g, list, o->invert);
	if (o->name)
		status = name_root(cli, &g, o->name);
	else if (o->pattern)
		status = ce_packages_match(cli, list, o->pattern, g.is_root);
	else
		default_roots(&g, o->invert);
	if (status != CE_EXIT_OK)
		return status;
	if (!cli->json && !o->dot && !o->svg) {
		print_tree(&g, o->invert);
		return CE_EXIT_OK;
	}
	reach(&g);
	if (!o->dot && !o->svg) {
		print_json(&g, o->invert ? "needed_by" : "needs");
		return CE_EXIT_OK;
	}
	add_dot(&g, o->invert);
	if (o->svg)
		return ce_graphviz_svg(cli, ce_buf_str(&g.out), g.out.len);
	fputs(ce_buf_str(&g.out), stdout);
	return CE_EXIT_OK;
}

static int look(struct ce_cli *cli, const struct tree_options *o)
{
	struct ccenv_packages list;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_list(cli->project, &o->of, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	status = print(cli, o, &list);
	ccenv_packages_free(&list);
	return status;
}

static int run_tree(struct ce_cli *cli)
{
	struct tree_options o = {0};
	const struct ce_opt own[] = {
		{"invert", 'i', NULL, "show what needs the packages, not what they need",
			.flag = &o.invert},
		{"dot", 0, NULL, "print a graph for graphviz", .flag = &o.dot},
		{"svg", 0, NULL, "print it as a picture, made by graphviz", .flag = &o.svg},
		CE_OPT_SELECTION(o.of),
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&o.of);
	if (cli->args.n > 1)
		return ce_cli_usage(cli, "give one regular expression; \"a|b\" matches either");
	o.pattern = cli->args.n ? cli->args.items[0] : NULL;
	return look(cli, &o);
}

const struct ce_command ce_cmd_tree = {
	.name = "tree",
	.args = "[REGEX]",
	.summary = "show what the locked packages need, as a tree",
	.example = "  ccenv tree '^cuda-nvcc$'\n"
		   "  ccenv tree --svg >packages.svg\n",
	.run = run_tree,
};

static int run_why(struct ce_cli *cli)
{
	struct tree_options o = {.invert = true};
	const struct ce_opt own[] = {
		CE_OPT_SELECTION(o.of),
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&o.of);
	if (cli->args.n != 1)
		return ce_cli_usage(cli, "name one package");
	o.name = cli->args.items[0];
	return look(cli, &o);
}

const struct ce_command ce_cmd_why = {
	.name = "why",
	.args = "NAME",
	.summary = "show why a package is locked: what needs it, up to ccenv.json",
	.example = "  ccenv why sysroot_linux-64\n",
	.run = run_why,
};
