/* SPDX-License-Identifier: MIT */
/* Ways out, each found by a look at single origins of the core. Hints appear in the order in which
 * they are looked for. */
#include "solve/hints.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/problem.h"
#include "solve/resolvo.h"
#include "solve/suggest.h"
#include "spec/channel.h"
#include "spec/subdir.h"
#include "spec/version.h"

enum {
	MAX_RELEASES = 16, /* in one sentence */
	MAX_COMPARED = 4,  /* requests */
};

struct adviser {
	struct ce_problem *problem;
	const struct ce_clause_origin *origins;
	size_t n;
	json_t *hints;
};

/* Takes the buffer's text. */
static void add_hint(const struct adviser *a, struct ce_buf *text)
{
	const json_t *hint;
	size_t i;

	json_array_foreach (a->hints, i, hint)
		if (strcmp(json_string_value(hint), ce_buf_str(text)) == 0)
			break;
	if (i == json_array_size(a->hints))
		json_array_append_new(a->hints, json_string(ce_buf_str(text)));
	ce_buf_release(text);
}

/* "gxx_linux-64" on linux-aarch64: the name for the other platform, or NULL. */
static char *for_platform(const char *name, const char *platform)
{
	const char *end = strrchr(name, '_');

	if (!end || !ce_subdir_is_known(end + 1, strlen(end + 1)) || strcmp(end + 1, platform) == 0)
		return NULL;
	return ce_asprintf("%.*s%s", (int)(end - name + 1), name, platform);
}

/* Does a channel have the name, in records that cannot be used? */
static bool is_refused(const struct ce_repodata *repodata, const char *name)
{
	for (size_t i = 0; i < repodata->n_refused; i++)
		if (strcmp(repodata->refused[i].name, name) == 0)
			return true;
	return false;
}

static void hint_name(const struct adviser *a, const struct ce_requirement *req)
{
	const char *name = req->name->text, *platform = a->problem->request->platform;
	CE_AUTOFREE char *ours = for_platform(name, platform);
	const char *names[CE_SUGGEST_MAX];
	struct ce_arena arena = {0};
	struct ce_buf text = {0};
	size_t n;

	if (ours && a->problem->request->side == CE_SIDE_BUILD)
		/* The tools of a target have its platform in their names. */
		ce_buf_addf(&text,
			"The tools of the target \"%s\" run on %s, and no channel of this request has %s for it: conda-forge's cross compilers run on linux-64.",
			a->problem->request->target, platform, name);
	else if (ours)
		ce_buf_addf(&text, "The platform is %s: did you mean %s?", platform, ours);
	if (text.len) {
		add_hint(a, &text);
		return;
	}
	ce_suggest_components(name, platform, &text);
	if (text.len) {
		ce_buf_addf(&text,
			": no channel of this request has %s. Add one that does, such as conda-forge, or leave the component out.",
			name);
		add_hint(a, &text);
		return;
	}
	n = ce_suggest_names(a->problem, name, &arena, names);
	if (n > 0) {
		ce_buf_addf(&text, "%s: did you mean %s", name, names[0]);
		for (size_t i = 1; i < n; i++)
			ce_buf_addf(&text, "%s %s", i + 1 < n ? "," : " or", names[i]);
		ce_buf_adds(&text, "?");
	} else if (!is_refused(a->problem->repodata, name)) {
		ce_buf_addf(&text,
			"No channel of this request has a name like %s: check it, or add the channel that has it.",
			name);
	}
	if (text.len)
		add_hint(a, &text);
	ce_arena_release(&arena);
}

/* The sysroot of a target, whose limit nobody has written. */
static void hint_sysroot(const struct adviser *a, const struct ce_requirement *req)
{
	const struct ce_request *request = a->problem->request;
	struct ce_buf text = {0};

	if (request->side != CE_SIDE_BUILD || !ce_has_prefix(req->name->text, "sysroot_") ||
		!ce_has_prefix(req->spec->version_text ? req->spec->version_text : "", "<="))
		return;
	ce_buf_addf(&text,
		"The sysroot of the target \"%s\" must not be newer than its glibc, %s: set \"glibc\" under its \"system-requirements\" if the machine has a newer one.",
		request->target, req->spec->version_text + 2);
	add_hint(a, &text);
}

/* A channel that nobody looks into. */
static bool hint_channel(const struct adviser *a, const struct ce_requirement *req)
{
	const struct ce_request *request = a->problem->request;
	const char *wanted = req->spec->channel;
	struct ce_buf text = {0};

	if (!wanted || req->n_matches > 0)
		return false;
	for (size_t i = 0; i < request->n_channels; i++)
		if (ce_channel_matches(wanted, request->channels[i]))
			return false;
	ce_buf_addf(
		&text, "Add the channel first (`ccenv channel add %s`), or request one of", wanted);
	for (size_t i = 0; i < request->n_channels; i++)
		ce_buf_addf(&text, "%s %s", i ? "," : "", ce_channel_name(request->channels[i]));
	ce_buf_addc(&text, '.');
	add_hint(a, &text);
	return true;
}

/* "cuda-nvcc 12.9" means that very version, as conda has it; often 12.9.86 was meant as well. */
static void hint_exact(const struct adviser *a, const struct ce_requirement *req)
{
	const struct ce_package_name *name = req->name;
	const char *exact = req->spec->version_text;
	const struct ce_version *prefix = NULL;
	const struct ce_pkg *best = NULL;
	struct ce_arena arena = {0};
	struct ce_buf text = {0};
	struct ccenv_error err;

	if (!exact || !ce_has_prefix(exact, "==") || strpbrk(exact, ",|"))
		return;
	exact += strlen("==");
	if (ce_version_parse(exact, &arena, &prefix, &err) >= 0)
		for (size_t i = 0; i < name->n; i++) {
			const struct ce_pkg *pkg = name->candidates[i].pkg;

			if (ce_version_starts_with(pkg->parsed_version, prefix) &&
				(!best || ce_version_compare(
						  pkg->parsed_version, best->parsed_version) > 0))
				best = pkg;
		}
	if (best) {
		ce_buf_addf(&text, "%s %s exists: request \"%s %s.*\" to allow any %s.", name->text,
			best->version, name->text, exact, exact);
		add_hint(a, &text);
	}
	ce_arena_release(&arena);
}

/* All matches are excluded: say which setting does it. */
static void hint_left_out(const struct adviser *a, const struct ce_requirement *req)
{
	const char *name = req->name->text;
	const struct ce_candidate *first = req->matches[0];
	struct ce_buf text = {0};

	if (first->excluded == CE_EXCLUDED_DATE || first->excluded == CE_EXCLUDED_NO_DATE)
		ce_buf_addf(&text,
			"exclude-newer excludes every match of %s: choose a later date, or add an exception for it.",
			name);
	else if (first->excluded == CE_EXCLUDED_CHANNEL)
		ce_buf_addf(&text,
			"To use %s from %s although an earlier channel has it, request %s::%s.",
			name, ce_channel_name(first->pkg->channel),
			ce_channel_name(first->pkg->channel), name);
	else if (first->excluded == CE_EXCLUDED_PIN)
		ce_buf_addf(&text, "The pin \"%s\" excludes every match: widen it.",
			first->exclusion_detail);
	else
		return;
	add_hint(a, &text);
}

static void hint_driver(const struct adviser *a, const struct ce_requirement *req)
{
	const struct ce_package_name *name = req->name;
	struct ce_buf text = {0};

	if (name->n == 0) {
		ce_buf_adds(&text,
			"No NVIDIA driver is assumed. If the target machine has one, declare the CUDA version that it supports: \"system-requirements\": {\"cuda\": \"13.0\"}.");
	} else {
		const char *version = name->candidates[0].pkg->version;
		int major = (int)strcspn(version, ".");

		ce_buf_addf(&text,
			"The assumed driver supports CUDA %s: request CUDA %.*s, or raise system-requirements.cuda if the target machine has a newer driver.",
			version, major, version);
	}
	add_hint(a, &text);
}

/* __glibc -> glibc, __cuda_arch -> cuda-arch: the name in system-requirements. */
static char *requirement_of(const char *virtual)
{
	char *name = ce_strdup(virtual + strlen("__"));

	for (char *p = name; *p; p++)
		if (*p == '_')
			*p = '-';
	return name;
}

/* Whether more than the platform rules out the records of this name. */
static bool has_other_origins(const struct adviser *a, const struct ce_clause_origin *origin)
{
	for (size_t i = 0; origin->candidate && i < a->n; i++)
		if (a->origins[i].candidate &&
			a->origins[i].candidate->name == origin->candidate->name &&
			!ce_origin_requirement(a->problem, &a->origins[i])->name->is_virtual)
			return true;
	return false;
}

static void hint_virtual(const struct adviser *a, const struct ce_clause_origin *origin,
	const struct ce_requirement *req)
{
	const struct ce_package_name *name = req->name;
	CE_AUTOFREE char *requirement = requirement_of(name->text);
	struct ce_buf text = {0};

	if (strcmp(name->text, "__cuda") == 0) {
		hint_driver(a, req);
		return;
	}
	if (name->n > 0)
		ce_buf_addf(&text,
			"%s is assumed to be %s: set system-requirements.%s if the target machine has a newer one.",
			name->text, name->candidates[0].pkg->version, requirement);
	else if (strcmp(name->text, "__cuda_arch") == 0)
		ce_buf_addf(&text, "No GPU is assumed: set system-requirements.%s.", requirement);
	else if (!has_other_origins(a, origin))
		ce_buf_addf(&text, "%s is not available for %s.",
			origin->candidate ? origin->candidate->name->text : name->text,
			a->problem->request->platform);
	else
		return;
	add_hint(a, &text);
}

/* The number behind the last "<" of ">=6,<15.0a0". */
static int upper_limit(const char *text)
{
	const char *p = strrchr(text, '<');

	return p ? (int)strtol(p + 1 + (p[1] == '='), NULL, 10) : 0;
}

/* Whether the core has a request for the CUDA release that gives this part of a toolkit its version. */
static bool is_requested(const struct adviser *a, const struct ce_candidate *part)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct ce_requirement *req =
			ce_origin_requirement(a->problem, &a->origins[i]);

		if (a->origins[i].kind != CE_ORIGIN_REQUEST ||
			strcmp(req->name->text, "cuda-version") != 0)
			continue;
		for (size_t k = 0; k < req->n_matches; k++)
			if (ce_version_starts_with(part->pkg->parsed_version,
				    req->matches[k]->pkg->parsed_version))
				return true;
	}
	return false;
}

/* nvcc's own limit on the host compiler: that of the requested release, or else of the newest. */
static void hint_host_compiler(const struct adviser *a)
{
	const struct ce_clause_origin *best = NULL;
	struct ce_buf text = {0};
	const struct ce_requirement *req;
	const char *version, *platform;
	int limit, minor;

	for (size_t i = 0; i < a->n; i++) {
		const struct ce_clause_origin *f = &a->origins[i];

		if (f->kind != CE_ORIGIN_CONSTRAINS ||
			!ce_has_prefix(f->candidate->name->text, "cuda-nvcc") ||
			!ce_has_prefix(
				ce_origin_requirement(a->problem, f)->name->text, "gcc_impl_"))
			continue;
		if (!best || is_requested(a, f->candidate) > is_requested(a, best->candidate) ||
			(is_requested(a, f->candidate) == is_requested(a, best->candidate) &&
				f->candidate->preference < best->candidate->preference))
			best = f;
	}
	if (!best)
		return;
	req = ce_origin_requirement(a->problem, best);
	limit = upper_limit(req->text);
	if (limit <= 0)
		return;
	version = best->candidate->pkg->version;
	minor = (int)strcspn(version, ".");
	if (version[minor])
		minor += 1 + (int)strcspn(version + minor + 1, ".");
	platform = req->name->text + strlen("gcc_impl_");
	ce_buf_addf(&text,
		"nvcc %.*s supports gcc below %d: request gxx_%s <%d, or a CUDA release whose nvcc supports a newer gcc.",
		minor, version, limit, platform, limit);
	add_hint(a, &text);
}

static int by_version(const void *a, const void *b)
{
	return ce_version_compare((*(struct ce_candidate *const *)b)->pkg->parsed_version,
		(*(struct ce_candidate *const *)a)->pkg->parsed_version);
}

/* Appends the releases marked, the newest first; returns how many there are. */
static size_t put_releases(
	struct ce_buf *out, const struct ce_package_name *name, const bool *possible)
{
	CE_AUTOFREE const struct ce_candidate **sorted = ce_calloc(name->n, sizeof(*sorted));
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < name->n; i++)
		if (possible[i])
			sorted[n++] = &name->candidates[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_version);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(sorted[i]->pkg->version, sorted[i - 1]->pkg->version) == 0)
			continue;
		if (shown++ < MAX_RELEASES)
			ce_buf_addf(out, "%s%s", i ? ", " : "", sorted[i]->pkg->version);
		else if (shown == MAX_RELEASES + 1)
			ce_buf_adds(out, ", …");
	}
	return shown;
}

static bool have_common(const bool *a, const bool *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] && b[i])
			return true;
	return false;
}

/* A request, and with which candidates of cuda-version it is possible. */
struct releases {
	const struct ce_requirement *req;
	const bool *possible;
	struct ce_buf text; /* the releases, and how many */
	size_t n;
};

/*
 * What there is instead of the compiler in releases before 12.0, which had one package with all
 * libraries, and a script for an nvcc that is there already.
 */
static void put_older_compiler(
	const struct adviser *a, struct ce_buf *out, const struct releases *release)
{
	/* The newest stands first. */
	if (strtol(ce_buf_str(&release->text), NULL, 10) >= 12)
		return;
	ce_buf_addf(out,
		" No channel has a compiler from before 12.0: for CUDA %s there are cudatoolkit, the libraries without headers, and nvcc_%s, which only runs an nvcc that the machine must have.",
		ce_buf_str(&release->text), a->problem->request->platform);
}

/* "component nvcc (cuda-nvcc-impl) exists for CUDA 13.0, 12.9, not for CUDA 11.8." */
static void put_unavailable(const struct adviser *a, struct ce_buf *out,
	const struct releases *part, const struct releases *release)
{
	const char *package = part->req->name->text;
	struct ce_buf components = {0};

	ce_suggest_asked_components(a->problem->request, package, &components);
	if (components.len)
		ce_buf_addf(out, "%s (%s)", ce_buf_str(&components), package);
	else
		ce_buf_adds(out, package);
	ce_buf_addf(out,
		" exists for CUDA %s, not for CUDA %s. Request one of these releases, or leave %s out.",
		ce_buf_str(&part->text), ce_buf_str(&release->text),
		components.len ? "the component" : package);
	if (strcmp(package, "cuda-nvcc-impl") == 0)
		put_older_compiler(a, out, release);
	ce_buf_release(&components);
}

static void compare_releases(
	const struct adviser *a, const struct releases *first, const struct releases *second)
{
	const struct ce_package_name *name = ce_map_get(&a->problem->names, "cuda-version");
	bool one = first->req->name == name, other = second->req->name == name;
	struct ce_buf text = {0};

	if (!first->n || !second->n || have_common(first->possible, second->possible, name->n))
		return;
	if (one && !other && !second->req->spec->version_text) {
		put_unavailable(a, &text, second, first);
	} else if (other && !one && !first->req->spec->version_text) {
		put_unavailable(a, &text, first, second);
	} else {
		ce_buf_addf(&text, "%s: %s is %sCUDA %s; %s is %sCUDA %s. ",
			first->n == 1 && second->n == 1
				? "Two CUDA releases are requested"
				: "No CUDA release has everything that is requested",
			first->req->text, one ? "" : "available for ", ce_buf_str(&first->text),
			second->req->text, other ? "" : "available for ",
			ce_buf_str(&second->text));
		ce_buf_adds(&text,
			"Choose one release with cuda-version, and leave out the versions of its parts.");
	}
	add_hint(a, &text);
}

/* Requests that are each possible, but never with the same CUDA release. */
static void hint_releases(const struct adviser *a)
{
	const struct ce_package_name *name = ce_map_get(&a->problem->names, "cuda-version");
	CE_AUTOFREE size_t *requests = ce_calloc(a->n + 1, sizeof(*requests));
	CE_AUTOFREE bool *possible = NULL;
	struct releases releases[MAX_COMPARED] = {0};
	bool is_involved = false;
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct ce_requirement *req =
			ce_origin_requirement(a->problem, &a->origins[i]);

		is_involved = is_involved || req->name == name;
		if (a->origins[i].kind == CE_ORIGIN_REQUEST && !req->name->is_virtual)
			requests[n++] = a->origins[i].index;
	}
	if (!name || name->n == 0 || !is_involved || n < 2 || n > MAX_COMPARED)
		return;
	possible = ce_calloc(n * name->n, sizeof(*possible));
	for (size_t i = 0; i < n; i++) {
		struct releases *r = &releases[i];

		ce_resolvo_possible(a->problem, requests[i], name, possible + i * name->n);
		r->req = a->problem->requested[requests[i]];
		r->possible = possible + i * name->n;
		r->n = put_releases(&r->text, name, r->possible);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			compare_releases(a, &releases[i], &releases[k]);
	for (size_t i = 0; i < n; i++)
		ce_buf_release(&releases[i].text);
}

void ce_hints_add(
	struct ce_problem *problem, const struct ce_clause_origin *origins, size_t n, json_t *hints)
{
	struct adviser a = {problem, origins, n, hints};
	bool is_machine = false;

	for (size_t i = 0; i < n; i++) {
		const struct ce_requirement *req = ce_origin_requirement(problem, &origins[i]);
		size_t usable = 0;

		if (req->name->is_virtual) {
			if (req->n_matches == 0)
				hint_virtual(&a, &origins[i], req);
			is_machine = is_machine || origins[i].kind != CE_ORIGIN_REQUEST;
			continue;
		}
		for (size_t k = 0; k < req->n_matches; k++)
			usable += ce_candidate_is_usable(req->matches[k]);
		if (origins[i].kind == CE_ORIGIN_REQUEST && hint_channel(&a, req))
			continue;
		if (req->name->n == 0 && origins[i].kind == CE_ORIGIN_REQUEST)
			hint_name(&a, req);
		else if (req->n_matches == 0 && origins[i].kind == CE_ORIGIN_REQUEST) {
			hint_exact(&a, req);
			hint_sysroot(&a, req);
		} else if (req->n_matches > 0 && usable == 0 &&
			   origins[i].kind != CE_ORIGIN_CONSTRAINS)
			hint_left_out(&a, req);
	}
	hint_host_compiler(&a);
	/* With another machine the releases may well meet. */
	if (!is_machine)
		hint_releases(&a);
}
