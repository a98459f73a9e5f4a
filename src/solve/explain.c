/* SPDX-License-Identifier: MIT */
/*
 * The origins of a core as a tree. Records of one name that state the same kind of thing share a
 * line, so that forty builds of a package do not make forty lines.
 */
#include "solve/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/hints.h"
#include "solve/problem.h"
#include "solve/resolvo.h"
#include "solve/suggest.h"
#include "spec/channel.h"
#include "spec/version.h"

enum {
	MAX_DEPTH = 6,
	MAX_LINES = 6,  /* children of one node */
	MAX_LISTED = 3, /* versions or specs in one line */
	MAX_RANGE = 16, /* versions of a name, to say which exist */
	MAX_CONTESTED = 6,
};

struct explainer {
	struct ce_problem *problem;
	const struct ce_clause_origin *origins;
	size_t n;
	bool *reported; /* by name: it has its lines */
};

/* A growing list of borrowed texts, each once. */
struct texts {
	const char **items;
	size_t n, cap;
};

/* Facts that one line tells: records of one name that say the same kind of thing about one other
 * name. */
struct group {
	enum ce_origin_kind kind;
	const struct ce_package_name *target;
	const struct ce_candidate **candidates;
	size_t n_candidates, cap_candidates;
	const struct ce_requirement **reqs;
	size_t n_reqs, cap_reqs;
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

static int by_preference(const void *a, const void *b)
{
	size_t ra = (*(struct ce_candidate *const *)a)->preference,
	       rb = (*(struct ce_candidate *const *)b)->preference;

	return (ra > rb) - (ra < rb);
}

/* "1.2, 1.1" or "1.9 to 1.1 (9 versions)", the preferred first. */
static void put_versions(
	struct ce_buf *out, json_t *node, const struct ce_candidate **candidates, size_t n)
{
	struct texts t = {0};

	qsort(candidates, n, sizeof(*candidates), by_preference);
	for (size_t i = 0; i < n; i++)
		add_text(&t, candidates[i]->pkg->version);
	json_object_set_new(node, "versions", texts_to_json(&t));
	if (t.n > MAX_LISTED + 1)
		ce_buf_addf(out, "%s to %s (%zu versions)", t.items[0], t.items[t.n - 1], t.n);
	else
		for (size_t i = 0; i < t.n; i++)
			ce_buf_addf(out, "%s%s", i ? ", " : "", t.items[i]);
	free(t.items);
}

/* The text of a requirement after its name; "" for any version. */
static const char *condition_of(const struct ce_requirement *req)
{
	const char *p = strstr(req->text, req->name->text);

	p = p ? p + strlen(req->name->text) : "";
	return p + strspn(p, " ");
}

/*
 *     needs python 3.9.* or 3.10.*
 *     each needs its own cuda-version (>=12.8,<12.9.0a0, >=12.6,<12.7.0a0, …)
 *
 * the latter when there are many, as a rule one for each record.
 */
static void put_requirements(struct ce_buf *out, json_t *node, const struct group *g)
{
	const char *verb = g->kind == CE_ORIGIN_DEPENDS ? "needs" : "works only with";
	struct texts conditions = {0}, specs = {0};

	for (size_t i = 0; i < g->n_reqs; i++) {
		add_text(&conditions, condition_of(g->reqs[i]));
		add_text(&specs, g->reqs[i]->text);
	}
	json_object_set_new(node, "specs", texts_to_json(&specs));
	if (conditions.n > MAX_LISTED) {
		ce_buf_addf(out, " each %s its own %s (%s, %s, …)", verb, g->target->text,
			conditions.items[0], conditions.items[1]);
	} else {
		ce_buf_addf(out, " %s %s", verb, g->reqs[0]->text);
		for (size_t i = 1; i < conditions.n; i++)
			ce_buf_addf(
				out, " or %s", *conditions.items[i] ? conditions.items[i] : "any");
	}
	free(conditions.items);
	free(specs.items);
}

static size_t count_usable(const struct ce_requirement *req)
{
	size_t n = 0;

	for (size_t i = 0; i < req->n_matches; i++)
		n += ce_candidate_is_usable(req->matches[i]);
	return n;
}

static int by_version(const void *a, const void *b)
{
	const struct ce_candidate *const *ca = a, *const *cb = b;
	int c = ce_version_compare((*ca)->pkg->parsed_version, (*cb)->pkg->parsed_version);

	return c ? c : strcmp((*ca)->pkg->build, (*cb)->pkg->build);
}

/* Is it in the channel that the spec names? Yes where it names none. */
static bool is_in_channel(const struct ce_requirement *req, const struct ce_candidate *candidate)
{
	return !req->spec->channel ||
	       ce_channel_matches(req->spec->channel, candidate->pkg->channel);
}

static bool channel_has_name(const struct ce_requirement *req)
{
	for (size_t i = 0; i < req->name->n; i++)
		if (is_in_channel(req, &req->name->candidates[i]))
			return true;
	return false;
}

/* What versions there are, sorted; with their builds where the spec asks for one, unless these are many.
 * Where the spec names a channel that has the package, those that are there. */
static struct texts existing(const struct ce_requirement *req, struct ce_arena *a)
{
	const struct ce_package_name *name = req->name;
	CE_AUTOFREE const struct ce_candidate **sorted = ce_calloc(name->n, sizeof(*sorted));
	bool in_channel = channel_has_name(req);
	struct texts t = {0};
	size_t n = 0;

	for (size_t i = 0; i < name->n; i++)
		if (!in_channel || is_in_channel(req, &name->candidates[i]))
			sorted[n++] = &name->candidates[i];
	qsort(sorted, n, sizeof(*sorted), by_version);
	for (size_t i = 0; req->spec->build && i < n && t.n <= MAX_RANGE; i++)
		add_text(&t, ce_arena_printf(
				     a, "%s %s", sorted[i]->pkg->version, sorted[i]->pkg->build));
	if (t.n > 0 && t.n <= MAX_RANGE)
		return t;
	t.n = 0;
	for (size_t i = 0; i < n; i++)
		add_text(&t, sorted[i]->pkg->version);
	return t;
}

static bool has_channel(const struct ce_request *request, const char *wanted)
{
	for (size_t i = 0; i < request->n_channels; i++)
		if (ce_channel_matches(wanted, request->channels[i]))
			return true;
	return false;
}

/* What versions there are: all when they are few, else from where to where. */
static void put_range(struct ce_buf *out, const struct ce_requirement *req)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct texts t = existing(req, &a);

	if (!req->spec->channel)
		ce_buf_adds(out, ", but the channels only have ");
	else if (channel_has_name(req))
		ce_buf_addf(out, ", but %s only has ", ce_channel_name(req->spec->channel));
	else
		ce_buf_addf(out, ", but %s does not have it; other channels have ",
			ce_channel_name(req->spec->channel));
	if (t.n > MAX_RANGE)
		ce_buf_addf(out, "%s to %s (%zu versions)", t.items[0], t.items[t.n - 1], t.n);
	else
		for (size_t i = 0; i < t.n; i++)
			ce_buf_addf(out, "%s%s", i ? ", " : "", t.items[i]);
	free(t.items);
}

/* Why nothing satisfies the requirement; appends nothing when something does. */
static void put_missing(
	const struct explainer *e, struct ce_buf *out, const struct ce_requirement *req)
{
	const struct ce_package_name *name = req->name;

	if (name->is_virtual && name->n == 0)
		ce_buf_adds(out, ", which is assumed to be absent");
	else if (name->is_virtual && req->n_matches == 0)
		ce_buf_addf(out, ", but it is assumed to be %s%s%s",
			name->candidates[0].pkg->version,
			strcmp(name->candidates[0].pkg->build, "0") == 0 ? "" : " ",
			strcmp(name->candidates[0].pkg->build, "0") == 0
				? ""
				: name->candidates[0].pkg->build);
	else if (req->spec->channel && !has_channel(e->problem->request, req->spec->channel))
		ce_buf_addf(out, ", but \"%s\" is not one of the channels", req->spec->channel);
	else if (name->n == 0)
		ce_buf_adds(out, ", but no channel has it");
	else if (req->n_matches == 0)
		put_range(out, req);
	else if (count_usable(req) == 0)
		ce_buf_adds(out, ", but all matches are excluded");
}

static void put_exclusion(struct ce_buf *out, const struct ce_candidate *candidate)
{
	switch (candidate->excluded) {
	case CE_EXCLUDED_NOT:
		break;
	case CE_EXCLUDED_CHANNEL:
		ce_buf_addf(out,
			" from %s: an earlier channel has this name (strict channel priority)",
			ce_channel_name(candidate->pkg->channel));
		break;
	case CE_EXCLUDED_DATE:
		ce_buf_adds(out, ": newer than exclude-newer allows");
		break;
	case CE_EXCLUDED_NO_DATE:
		ce_buf_adds(out, ": without a timestamp, and exclude-newer is set");
		break;
	case CE_EXCLUDED_PIN:
		ce_buf_addf(out, ": does not match the pin \"%s\"", candidate->exclusion_detail);
		break;
	case CE_EXCLUDED_DEPENDS:
		ce_buf_addf(out, ": invalid dependency %s", candidate->exclusion_detail);
		break;
	case CE_EXCLUDED_ITSELF:
		ce_buf_addf(out, ": excludes itself: it constrains \"%s\"",
			candidate->exclusion_detail);
		break;
	}
}

static bool matches_one(
	const struct ce_requirement *const *reqs, size_t n, const struct ce_candidate *candidate)
{
	for (size_t i = 0; i < n; i++)
		if (ce_requirement_matches(reqs[i], candidate))
			return true;
	return false;
}

static bool same_exclusion(const struct ce_candidate *a, const struct ce_candidate *b)
{
	if (a->excluded != b->excluded || strcmp(a->pkg->channel, b->pkg->channel) != 0)
		return false;
	return a->exclusion_detail == b->exclusion_detail ||
	       (a->exclusion_detail && b->exclusion_detail &&
		       strcmp(a->exclusion_detail, b->exclusion_detail) == 0);
}

/* Adds a line for each reason for which records are excluded that the requirements (all on one
 * name) match. */
static void add_exclusions(json_t *node, const struct ce_requirement *const *reqs, size_t n)
{
	const struct ce_package_name *name = reqs[0]->name;
	CE_AUTOFREE bool *done = ce_calloc(name->n + 1, sizeof(*done));
	CE_AUTOFREE const struct ce_candidate **same = ce_calloc(name->n + 1, sizeof(*same));

	for (size_t i = 0; i < name->n; i++)
		done[i] = ce_candidate_is_usable(&name->candidates[i]) ||
			  !matches_one(reqs, n, &name->candidates[i]);
	for (size_t i = 0, lines = 0; i < name->n && lines < MAX_LINES; i++) {
		struct ce_buf text = {0};
		size_t n_same = 0;
		json_t *line;

		for (size_t k = i; !done[i] && k < name->n; k++)
			if (!done[k] && same_exclusion(&name->candidates[i], &name->candidates[k]))
				same[n_same++] = &name->candidates[k];
		if (n_same == 0)
			continue;
		line = new_node("left-out");
		json_object_set_new(line, "package", json_string(name->text));
		ce_buf_addf(&text, "%s ", name->text);
		put_versions(&text, line, same, n_same);
		put_exclusion(&text, &name->candidates[i]);
		set_text(line, &text);
		add_cause(node, line);
		lines++;
		for (size_t k = 0; k < n_same; k++)
			done[same[k] - name->candidates] = true;
	}
}

/* Adds a line for each record of the name that could not be used, when no other record matches. */
static void add_refused(struct explainer *e, json_t *node, const struct ce_requirement *req)
{
	const struct ce_repodata *r = e->problem->repodata;
	size_t lines = 0;

	for (size_t i = 0; i < r->n_refused && !req->n_matches && lines < MAX_LINES; i++) {
		struct ce_buf text = {0};
		json_t *line;

		if (strcmp(r->refused[i].name, req->name->text) != 0)
			continue;
		line = new_node("left-out");
		json_object_set_new(line, "package", json_string(req->name->text));
		ce_buf_addf(&text, "not usable: %s", r->refused[i].why);
		set_text(line, &text);
		add_cause(node, line);
		lines++;
	}
}

static void add_to_group(
	struct group *g, const struct ce_candidate *candidate, const struct ce_requirement *req)
{
	CE_GROW(g->candidates, g->n_candidates, g->cap_candidates);
	g->candidates[g->n_candidates++] = candidate;
	for (size_t i = 0; i < g->n_reqs; i++)
		if (g->reqs[i] == req)
			return;
	CE_GROW(g->reqs, g->n_reqs, g->cap_reqs);
	g->reqs[g->n_reqs++] = req;
}

/* Groups what the core states about the candidates that these requirements match; returns how many
 * groups. The caller frees them and their arrays. */
static size_t make_groups(const struct explainer *e, const struct ce_requirement *const *reqs,
	size_t n, struct group **ret_groups)
{
	struct group *groups = NULL;
	size_t n_groups = 0, cap = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct ce_clause_origin *origin = &e->origins[i];
		const struct ce_requirement *req = ce_origin_requirement(e->problem, origin);
		size_t g = 0;

		if (!origin->candidate || !matches_one(reqs, n, origin->candidate))
			continue;
		while (g < n_groups &&
			(groups[g].kind != origin->kind || groups[g].target != req->name))
			g++;
		if (g == n_groups) {
			CE_GROW(groups, n_groups, cap);
			groups[n_groups++] =
				(struct group){.kind = origin->kind, .target = req->name};
		}
		add_to_group(&groups[g], origin->candidate, req);
	}
	*ret_groups = groups;
	return n_groups;
}

static void add_causes(struct explainer *e, json_t *node, const struct ce_requirement *const *reqs,
	size_t n, size_t depth);

static size_t count_all_usable(const struct ce_requirement *const *reqs, size_t n)
{
	size_t usable = 0;

	for (size_t i = 0; i < n; i++)
		usable += count_usable(reqs[i]);
	return usable;
}

static json_t *make_group_node(struct explainer *e, const struct group *g, size_t depth)
{
	bool needs = g->kind == CE_ORIGIN_DEPENDS;
	json_t *node = new_node(needs ? "needs" : "constrains");
	const char *name = g->candidates[0]->name->text;
	struct ce_buf text = {0};

	json_object_set_new(node, "package", json_string(name));
	ce_buf_addf(&text, "%s ", name);
	put_versions(&text, node, g->candidates, g->n_candidates);
	put_requirements(&text, node, g);
	if ((needs || g->target->is_virtual) && count_all_usable(g->reqs, g->n_reqs) == 0)
		put_missing(e, &text, g->reqs[0]);
	set_text(node, &text);
	for (size_t i = 0; i < g->n_reqs && needs; i++)
		add_refused(e, node, g->reqs[i]);
	if (needs)
		add_causes(e, node, g->reqs, g->n_reqs, depth + 1);
	return node;
}

/* Whether these records are for another platform: they get a line only if nothing else does. */
static bool is_for_another(const struct group *g)
{
	static const char *const platforms[] = {"__linux", "__osx", "__win", "__unix"};

	for (size_t i = 0; i < CE_COUNT(platforms); i++)
		if (strcmp(g->target->text, platforms[i]) == 0)
			return g->target->n == 0;
	return false;
}

/* Adds below `node` why nothing that these requirements (all on one name) match can be selected. */
static void add_causes(struct explainer *e, json_t *node, const struct ce_requirement *const *reqs,
	size_t n, size_t depth)
{
	const struct ce_package_name *name = reqs[0]->name;
	size_t n_groups, n_ours = 0, lines = 0;
	struct group *groups = NULL;

	if (depth > MAX_DEPTH || e->reported[name->index])
		return;
	e->reported[name->index] = true;
	if (depth == 1 || count_all_usable(reqs, n) == 0)
		add_exclusions(node, reqs, n);
	n_groups = make_groups(e, reqs, n, &groups);
	for (size_t i = 0; i < n_groups; i++)
		n_ours += !is_for_another(&groups[i]);
	for (size_t i = 0; i < n_groups; i++) {
		if ((!n_ours || !is_for_another(&groups[i])) && lines++ < MAX_LINES)
			add_cause(node, make_group_node(e, &groups[i], depth));
		free(groups[i].candidates);
		free(groups[i].reqs);
	}
	free(groups);
}

static json_t *make_request_node(struct explainer *e, const struct ce_requirement *req)
{
	json_t *node = new_node("requested");
	struct ce_buf text = {0}, components = {0};

	json_object_set_new(node, "package", json_string(req->name->text));
	ce_suggest_asked_components(e->problem->request, req->name->text, &components);
	ce_buf_adds(&text, req->text);
	if (components.len)
		ce_buf_addf(&text, " (%s)", ce_buf_str(&components));
	ce_buf_adds(&text, " is requested");
	ce_buf_release(&components);
	put_missing(e, &text, req);
	set_text(node, &text);
	add_refused(e, node, req);
	add_causes(e, node, &req, 1, 1);
	return node;
}

json_t *ce_explain(
	struct ce_problem *problem, const struct ce_clause_origin *origins, size_t n_origins)
{
	CE_AUTOFREE bool *reported = ce_calloc(problem->names.n + 1, sizeof(*reported));
	struct explainer e = {
		.problem = problem, .origins = origins, .n = n_origins, .reported = reported};
	json_t *root = json_object(), *hints = json_array();

	json_object_set_new(
		root, "message", json_string("no set of packages satisfies the request"));
	json_object_set_new(root, "causes", json_array());
	json_object_set_new(root, "hints", hints);
	for (size_t i = 0; i < n_origins; i++) {
		const struct ce_requirement *req = ce_origin_requirement(problem, &origins[i]);

		/* What is assumed of the machine is shown where something conflicts with it. */
		if (origins[i].kind == CE_ORIGIN_REQUEST && !req->name->is_virtual)
			add_cause(root, make_request_node(&e, req));
	}
	ce_hints_add(problem, origins, n_origins, hints);
	return root;
}

static int by_conflicts(const void *va, const void *vb)
{
	const struct ce_package_name *a = *(struct ce_package_name *const *)va;
	const struct ce_package_name *b = *(struct ce_package_name *const *)vb;

	if (a->n_conflicts != b->n_conflicts)
		return a->n_conflicts > b->n_conflicts ? -1 : 1;
	return strcmp(a->text, b->text);
}

/* "The search ran into conflicts between a, b and c"; NULL when there was none. */
static json_t *make_contested_node(const struct ce_problem *problem)
{
	CE_AUTOFREE const struct ce_package_name **names =
		ce_calloc(problem->names.n + 1, sizeof(*names));
	struct ce_buf text = {0};
	json_t *node, *packages;
	size_t n = 0;

	for (size_t i = 0; i < problem->names.n; i++) {
		const struct ce_package_name *name = problem->names.entries[i].value;

		if (name->n_conflicts && !name->is_virtual)
			names[n++] = name;
	}
	if (n == 0)
		return NULL;
	qsort(names, n, sizeof(*names), by_conflicts);
	n = n < MAX_CONTESTED ? n : MAX_CONTESTED;
	node = new_node("contested");
	packages = json_array();
	ce_buf_adds(&text, "most conflicts are about ");
	for (size_t i = 0; i < n; i++) {
		ce_buf_addf(&text, "%s%s",
			i == 0       ? ""
			: i + 1 == n ? " and "
				     : ", ",
			names[i]->text);
		json_array_append_new(packages, json_string(names[i]->text));
	}
	json_object_set_new(node, "packages", packages);
	set_text(node, &text);
	return node;
}

json_t *ce_explain_limit(const struct ce_problem *problem)
{
	json_t *root = json_object(), *causes = json_array(), *node = make_contested_node(problem);

	json_object_set_new(root, "message",
		json_string("no answer found before the search limit was reached"));
	json_object_set_new(root, "causes", causes);
	if (node)
		json_array_append_new(causes, node);
	json_object_set_new(root, "hints",
		json_pack("[s]",
			node ? "Ask for one version of some of these packages, or for fewer packages at once."
			     : "Ask for fewer packages at once."));
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
