/* SPDX-License-Identifier: MIT */
/*
 * The facts of a core, told as a tree. Records of one name that say the same kind of thing share a
 * line, so that forty builds of a package do not make forty lines.
 */
#include "solve/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "model/pkg.h"
#include "model/request.h"
#include "solve/hints.h"
#include "solve/problem.h"
#include "solve/resolvo.h"
#include "spec/channel.h"
#include "spec/version.h"

enum {
	MAX_DEPTH = 6,
	MAX_LINES = 6,  /* children of one node */
	MAX_LISTED = 3, /* versions or specs in one line */
	MAX_RANGE = 16, /* versions of a name, to tell what there is */
};

struct explainer {
	struct ce_choices *choices;
	const struct ce_fact *facts;
	size_t n;
	bool *told; /* by family: it has its lines */
};

/* A growing list of borrowed texts, each once. */
struct texts {
	const char **items;
	size_t n, cap;
};

/* Facts that one line tells: records of one name that say the same kind of thing about one other
 * name. */
struct group {
	enum ce_fact_kind kind;
	const struct ce_family *target;
	const struct ce_choice **choices;
	size_t n_choices, cap_choices;
	const struct ce_need **needs;
	size_t n_needs, cap_needs;
};

static void add_text(struct texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->items[i], text) == 0)
			return;
	CE_GROW(t->items, t->n, t->cap);
	t->items[t->n++] = text;
}

static json_t *texts_to_json(const struct texts *t)
{
	json_t *a = json_array();

	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(a, json_string(t->items[i]));
	return a;
}

static json_t *new_node(const char *kind)
{
	json_t *node = json_object();

	json_object_set_new(node, "text", json_null()); /* to stand first */
	json_object_set_new(node, "kind", json_string(kind));
	return node;
}

/* Takes the buffer's text. */
static void set_text(json_t *node, struct ce_buf *text)
{
	json_object_set_new(node, "text", json_string(ce_buf_str(text)));
	ce_buf_release(text);
}

static void add_cause(json_t *node, json_t *cause)
{
	if (!json_object_get(node, "causes"))
		json_object_set_new(node, "causes", json_array());
	json_array_append_new(json_object_get(node, "causes"), cause);
}

static int by_rank(const void *a, const void *b)
{
	size_t ra = (*(struct ce_choice *const *)a)->rank,
	       rb = (*(struct ce_choice *const *)b)->rank;

	return (ra > rb) - (ra < rb);
}

/* "1.2, 1.1" or "1.9 to 1.1 (9 versions)", the preferred first. */
static void put_versions(
	struct ce_buf *out, json_t *node, const struct ce_choice **choices, size_t n)
{
	struct texts t = {0};

	qsort(choices, n, sizeof(*choices), by_rank);
	for (size_t i = 0; i < n; i++)
		add_text(&t, choices[i]->pkg->version);
	json_object_set_new(node, "versions", texts_to_json(&t));
	if (t.n > MAX_LISTED + 1)
		ce_buf_addf(out, "%s to %s (%zu versions)", t.items[0], t.items[t.n - 1], t.n);
	else
		for (size_t i = 0; i < t.n; i++)
			ce_buf_addf(out, "%s%s", i ? ", " : "", t.items[i]);
	free(t.items);
}

/* What a need says behind its name; "" for any version. */
static const char *condition_of(const struct ce_need *need)
{
	const char *p = strstr(need->text, need->family->name);

	p = p ? p + strlen(need->family->name) : "";
	return p + strspn(p, " ");
}

/*
 * "needs python 3.9.* or 3.10.*"; with many, one for each record as a rule, "each needs its own
 * cuda-version
 * (>=12.8,<12.9.0a0, >=12.6,<12.7.0a0, …)".
 */
static void put_needs(struct ce_buf *out, json_t *node, const struct group *g)
{
	const char *verb = g->kind == CE_FACT_DEPENDS ? "needs" : "goes only with";
	struct texts conditions = {0}, specs = {0};

	for (size_t i = 0; i < g->n_needs; i++) {
		add_text(&conditions, condition_of(g->needs[i]));
		add_text(&specs, g->needs[i]->text);
	}
	json_object_set_new(node, "specs", texts_to_json(&specs));
	if (conditions.n > MAX_LISTED) {
		ce_buf_addf(out, " each %s its own %s (%s, %s, …)", verb, g->target->name,
			conditions.items[0], conditions.items[1]);
	} else {
		ce_buf_addf(out, " %s %s", verb, g->needs[0]->text);
		for (size_t i = 1; i < conditions.n; i++)
			ce_buf_addf(
				out, " or %s", *conditions.items[i] ? conditions.items[i] : "any");
	}
	free(conditions.items);
	free(specs.items);
}

static size_t count_usable(const struct ce_need *need)
{
	size_t n = 0;

	for (size_t i = 0; i < need->n_matches; i++)
		n += ce_choice_is_usable(need->matches[i]);
	return n;
}

static int by_version(const void *a, const void *b)
{
	const struct ce_choice *const *ca = a, *const *cb = b;

	return ce_version_compare((*ca)->pkg->parsed_version, (*cb)->pkg->parsed_version);
}

/* What versions there are: all when they are few, else from where to where. */
static void put_range(struct ce_buf *out, const struct ce_family *f)
{
	CE_AUTOFREE const struct ce_choice **sorted = ce_calloc(f->n, sizeof(*sorted));
	struct texts t = {0};

	for (size_t i = 0; i < f->n; i++)
		sorted[i] = &f->members[i];
	qsort(sorted, f->n, sizeof(*sorted), by_version);
	for (size_t i = 0; i < f->n; i++)
		add_text(&t, sorted[i]->pkg->version);
	ce_buf_adds(out, ", but there is only ");
	if (t.n > MAX_RANGE)
		ce_buf_addf(out, "%s to %s (%zu versions)", t.items[0], t.items[t.n - 1], t.n);
	else
		for (size_t i = 0; i < t.n; i++)
			ce_buf_addf(out, "%s%s", i ? ", " : "", t.items[i]);
	free(t.items);
}

/* Why nothing can meet the need; says nothing when something can. */
static void put_missing(struct ce_buf *out, const struct ce_need *need)
{
	const struct ce_family *f = need->family;

	if (f->is_virtual && f->n == 0)
		ce_buf_adds(out, ", which is not assumed to be there");
	else if (f->is_virtual && need->n_matches == 0)
		ce_buf_addf(out, ", but it is %s%s%s", f->members[0].pkg->version,
			strcmp(f->members[0].pkg->build, "0") == 0 ? "" : " ",
			strcmp(f->members[0].pkg->build, "0") == 0 ? "" : f->members[0].pkg->build);
	else if (f->n == 0)
		ce_buf_adds(out, ", which no channel has");
	else if (need->n_matches == 0)
		put_range(out, f);
	else if (count_usable(need) == 0)
		ce_buf_adds(out, ", but all that match are left out");
}

static void put_exclusion(struct ce_buf *out, const struct ce_choice *choice)
{
	switch (choice->excluded) {
	case CE_EXCLUDED_NOT:
		break;
	case CE_EXCLUDED_CHANNEL:
		ce_buf_addf(out,
			" of %s: a channel before it has the name (strict channel priority)",
			ce_channel_name(choice->pkg->channel));
		break;
	case CE_EXCLUDED_DATE:
		ce_buf_adds(out, ": later than exclude-newer");
		break;
	case CE_EXCLUDED_NO_DATE:
		ce_buf_adds(out, ": without a date, while exclude-newer is set");
		break;
	case CE_EXCLUDED_PIN:
		ce_buf_addf(out, ": against the pin \"%s\"", choice->why);
		break;
	case CE_EXCLUDED_DEPENDS:
		ce_buf_addf(out, ": a dependency that cannot be read, %s", choice->why);
		break;
	}
}

static bool matches_one(
	const struct ce_need *const *needs, size_t n, const struct ce_choice *choice)
{
	for (size_t i = 0; i < n; i++)
		if (ce_need_matches(needs[i], choice))
			return true;
	return false;
}

static bool same_exclusion(const struct ce_choice *a, const struct ce_choice *b)
{
	if (a->excluded != b->excluded || strcmp(a->pkg->channel, b->pkg->channel) != 0)
		return false;
	return a->why == b->why || (a->why && b->why && strcmp(a->why, b->why) == 0);
}

/* A line for each reason for which records are left out that the needs (all on one name) would
 * match. */
static void add_exclusions(json_t *node, const struct ce_need *const *needs, size_t n)
{
	const struct ce_family *f = needs[0]->family;
	CE_AUTOFREE bool *done = ce_calloc(f->n + 1, sizeof(*done));
	CE_AUTOFREE const struct ce_choice **same = ce_calloc(f->n + 1, sizeof(*same));

	for (size_t i = 0; i < f->n; i++)
		done[i] = ce_choice_is_usable(&f->members[i]) ||
			  !matches_one(needs, n, &f->members[i]);
	for (size_t i = 0, lines = 0; i < f->n && lines < MAX_LINES; i++) {
		struct ce_buf text = {0};
		size_t n_same = 0;
		json_t *line;

		for (size_t k = i; !done[i] && k < f->n; k++)
			if (!done[k] && same_exclusion(&f->members[i], &f->members[k]))
				same[n_same++] = &f->members[k];
		if (n_same == 0)
			continue;
		line = new_node("left-out");
		json_object_set_new(line, "package", json_string(f->name));
		ce_buf_addf(&text, "%s ", f->name);
		put_versions(&text, line, same, n_same);
		put_exclusion(&text, &f->members[i]);
		set_text(line, &text);
		add_cause(node, line);
		lines++;
		for (size_t k = 0; k < n_same; k++)
			done[same[k] - f->members] = true;
	}
}

static void add_to_group(
	struct group *g, const struct ce_choice *choice, const struct ce_need *need)
{
	CE_GROW(g->choices, g->n_choices, g->cap_choices);
	g->choices[g->n_choices++] = choice;
	for (size_t i = 0; i < g->n_needs; i++)
		if (g->needs[i] == need)
			return;
	CE_GROW(g->needs, g->n_needs, g->cap_needs);
	g->needs[g->n_needs++] = need;
}

/* What the core says of the records that these needs can select. */
static size_t make_groups(const struct explainer *e, const struct ce_need *const *needs, size_t n,
	struct group **ret_groups)
{
	struct group *groups = NULL;
	size_t n_groups = 0, cap = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct ce_fact *fact = &e->facts[i];
		const struct ce_need *need = ce_fact_need(e->choices, fact);
		size_t g = 0;

		if (!fact->choice || !matches_one(needs, n, fact->choice))
			continue;
		while (g < n_groups &&
			(groups[g].kind != fact->kind || groups[g].target != need->family))
			g++;
		if (g == n_groups) {
			CE_GROW(groups, n_groups, cap);
			groups[n_groups++] =
				(struct group){.kind = fact->kind, .target = need->family};
		}
		add_to_group(&groups[g], fact->choice, need);
	}
	*ret_groups = groups;
	return n_groups;
}

static void add_causes(struct explainer *e, json_t *node, const struct ce_need *const *needs,
	size_t n, size_t depth);

static size_t count_all_usable(const struct ce_need *const *needs, size_t n)
{
	size_t usable = 0;

	for (size_t i = 0; i < n; i++)
		usable += count_usable(needs[i]);
	return usable;
}

static json_t *tell_group(struct explainer *e, const struct group *g, size_t depth)
{
	bool needs = g->kind == CE_FACT_DEPENDS;
	json_t *node = new_node(needs ? "needs" : "constrains");
	const char *name = g->choices[0]->family->name;
	struct ce_buf text = {0};

	json_object_set_new(node, "package", json_string(name));
	ce_buf_addf(&text, "%s ", name);
	put_versions(&text, node, g->choices, g->n_choices);
	put_needs(&text, node, g);
	if ((needs || g->target->is_virtual) && count_all_usable(g->needs, g->n_needs) == 0)
		put_missing(&text, g->needs[0]);
	set_text(node, &text);
	if (needs)
		add_causes(e, node, g->needs, g->n_needs, depth + 1);
	return node;
}

/* Records made for another platform: worth a line only when there is nothing else to say. */
static bool is_for_another(const struct group *g)
{
	static const char *const platforms[] = {"__linux", "__osx", "__win", "__unix"};

	for (size_t i = 0; i < CE_COUNT(platforms); i++)
		if (strcmp(g->target->name, platforms[i]) == 0)
			return g->target->n == 0;
	return false;
}

/* Below `node`: why what these needs (all on one name) select cannot be had. */
static void add_causes(struct explainer *e, json_t *node, const struct ce_need *const *needs,
	size_t n, size_t depth)
{
	const struct ce_family *f = needs[0]->family;
	size_t n_groups, n_ours = 0, lines = 0;
	struct group *groups = NULL;

	if (depth > MAX_DEPTH || e->told[f->index])
		return;
	e->told[f->index] = true;
	if (depth == 1 || count_all_usable(needs, n) == 0)
		add_exclusions(node, needs, n);
	n_groups = make_groups(e, needs, n, &groups);
	for (size_t i = 0; i < n_groups; i++)
		n_ours += !is_for_another(&groups[i]);
	for (size_t i = 0; i < n_groups; i++) {
		if ((!n_ours || !is_for_another(&groups[i])) && lines++ < MAX_LINES)
			add_cause(node, tell_group(e, &groups[i], depth));
		free(groups[i].choices);
		free(groups[i].needs);
	}
	free(groups);
}

static json_t *tell_request(struct explainer *e, const struct ce_need *need)
{
	json_t *node = new_node("requested");
	struct ce_buf text = {0};

	json_object_set_new(node, "package", json_string(need->family->name));
	ce_buf_addf(&text, "%s is asked for", need->text);
	put_missing(&text, need);
	set_text(node, &text);
	add_causes(e, node, &need, 1, 1);
	return node;
}

json_t *ce_explain(struct ce_choices *c, const struct ce_fact *facts, size_t n_facts)
{
	CE_AUTOFREE bool *told = ce_calloc(c->families.n + 1, sizeof(*told));
	struct explainer e = {.choices = c, .facts = facts, .n = n_facts, .told = told};
	json_t *root = json_object(), *hints = json_array();

	json_object_set_new(root, "message", json_string("no set of packages meets the request"));
	json_object_set_new(root, "causes", json_array());
	json_object_set_new(root, "hints", hints);
	if (!facts) {
		json_array_append_new(hints,
			json_string(
				"The reason could not be found in reasonable time: ask for less at once."));
		return root;
	}
	for (size_t i = 0; i < n_facts; i++) {
		const struct ce_need *need = ce_fact_need(c, &facts[i]);

		/* What the machine has is told where something is against it. */
		if (facts[i].kind == CE_FACT_REQUEST && !need->family->is_virtual)
			add_cause(root, tell_request(&e, need));
	}
	ce_hints_add(c, facts, n_facts, hints);
	return root;
}

static void format_causes(const json_t *node, const char *prefix, struct ce_buf *out)
{
	const json_t *causes = json_object_get(node, "causes"), *cause;
	size_t i, n = json_array_size(causes);

	json_array_foreach ((json_t *)causes, i, cause) {
		CE_AUTOFREE char *below = ce_asprintf("%s%s", prefix, i + 1 < n ? "│  " : "   ");

		ce_buf_addf(out, "\n%s%s %s", prefix, i + 1 < n ? "├─" : "└─",
			json_string_value(json_object_get(cause, "text")));
		format_causes(cause, below, out);
	}
}

/* Cuts at the end of a line, so that what is there is whole. */
static void cut(struct ce_buf *b, size_t max)
{
	if (b->len <= max)
		return;
	b->len = max;
	while (b->len > 0 && b->data[b->len] != '\n')
		b->len--;
	b->data[b->len] = '\0';
	ce_buf_adds(b, "\n…");
}

void ce_explain_format(const json_t *explanation, size_t max, struct ce_buf *out)
{
	const json_t *hints = json_object_get(explanation, "hints"), *hint;
	struct ce_buf tree = {0}, end = {0};
	size_t i;

	ce_buf_adds(&tree, json_string_value(json_object_get(explanation, "message")));
	format_causes(explanation, "", &tree);
	json_array_foreach ((json_t *)hints, i, hint)
		ce_buf_addf(&end, "\n%s", json_string_value(hint));
	/* The way out is worth more than the last branches. */
	cut(&end, max / 2);
	cut(&tree, max - end.len - strlen("\n…") - 1);
	ce_buf_adds(out, ce_buf_str(&tree));
	ce_buf_adds(out, ce_buf_str(&end));
	ce_buf_release(&tree);
	ce_buf_release(&end);
}
