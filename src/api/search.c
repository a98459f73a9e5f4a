/* SPDX-License-Identifier: MIT */
/* ccenv_search(): what the channels have of a package. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/strs.h"
#include "model/manifest.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/platform.h"
#include "model/repodata.h"
#include "repodata/repodata_sync.h"
#include "solve/suggest.h"
#include "spec/channel.h"
#include "spec/scan.h"
#include "spec/spec.h"
#include "spec/subdir.h"
#include "spec/version.h"

enum {
	NAMES_MAX = 200 /* that match a glob: each is a file to fetch */
};

/* Those that are given, else the manifest's, else conda-forge; as URLs. */
static int find_channels(const struct ccenv *c, const struct ccenv_search_options *o,
	struct ce_arena *a, struct ce_repodata_query *q, struct ccenv_error *err)
{
	static const char *conda_forge[] = {"conda-forge"};
	struct ce_channel_base base = {.home = c->getenv_fn("HOME")};
	struct ce_strs channels = {conda_forge, 1}, urls;
	int r;

	if (o->n_channels) {
		channels = (struct ce_strs){(const char **)o->channels, o->n_channels};
	} else if (c->manifest && c->manifest->n_channels) {
		channels = (struct ce_strs){c->manifest->channels, c->manifest->n_channels};
		base.dir = c->manifest->dir;
	}
	r = ce_channel_urls(channels, &base, a, &urls, err);
	if (r < 0)
		return r;
	q->channels = urls.items;
	q->n_channels = urls.n;
	return 0;
}

static int load(struct ccenv *c, const struct ccenv_search_options *o, struct ce_strs names,
	struct ce_arena *a, struct ce_repodata **ret, struct ccenv_error *err)
{
	const char *platform = o->platform ? o->platform : ce_platform_host();
	struct ce_repodata_query q = {
		.platforms = &platform,
		.n_platforms = 1,
		.names = names.items,
		.n_names = names.n,
		.no_depends = true,
		.cache_dir = c->cache_dir,
		.offline = c->offline,
		.getenv_fn = c->getenv_fn,
		.events = &c->events,
	};
	int r;

	if (!ce_subdir_is_known(platform, strlen(platform))) {
		const char *near = ce_subdir_near(platform);

		return ce_fail(err, CCENV_EUSAGE, "unknown platform \"%s\"%s%s%s", platform,
			near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	r = ce_trust_check_cache(c, err);
	if (r < 0)
		return r;
	r = find_channels(c, o, a, &q, err);
	if (r < 0)
		return r;
	return ce_repodata_sync(&q, ret, err);
}

/* Records of a name, or of all names that match it. */
static int load_all(struct ccenv *c, const struct ccenv_search_options *o,
	const struct ce_spec *spec, struct ce_arena *a, struct ce_repodata **ret,
	struct ccenv_error *err)
{
	const struct ce_strs name = {(const char **)&spec->name, 1};
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *names = NULL;
	int r = load(c, o, name, a, &names, err);

	if (r < 0)
		return r;
	assert(names);
	if (!strchr(spec->name, '*') || names->n_others == 0) {
		*ret = CE_TAKE(names);
		return 0;
	}
	if (names->n_others > NAMES_MAX)
		return ce_fail(err, CCENV_EUSAGE,
			"%zu names match \"%s\", which is more than %d; write more of the name",
			names->n_others, spec->name, NAMES_MAX);
	return load(c, o, (struct ce_strs){names->others, names->n_others}, a, ret, err);
}

static int newest_first(const void *a, const void *b)
{
	const struct ce_pkg *x = *(const struct ce_pkg *const *)a;
	const struct ce_pkg *y = *(const struct ce_pkg *const *)b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;

	if (x->parsed_version && y->parsed_version)
		order = ce_version_compare(y->parsed_version, x->parsed_version);
	if (order == 0)
		order = (x->build_number < y->build_number) - (x->build_number > y->build_number);
	return order ? order : ce_pkg_compare(x, y);
}

static int not_found(const struct ccenv_search_options *o, const char *name,
	const struct ce_repodata *records, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf others = {0};
	const char *near[CE_SUGGEST_MAX];
	size_t n;

	if (records->n_refused)
		return ce_fail(err, CCENV_ENOTFOUND, "no usable package matches \"%s\": %s",
			o->spec, records->refused[0].why);
	if (records->n)
		return ce_fail(err, CCENV_ENOTFOUND,
			"no package matches \"%s\"; the channels have %zu others of that name",
			o->spec, records->n);
	if (strchr(name, '*'))
		return ce_fail(err, CCENV_ENOTFOUND, "no channel has \"%s\"", o->spec);
	n = ce_suggest_among(records, name, near);
	if (n == 0)
		return ce_fail(err, CCENV_ENOTFOUND,
			"no channel has \"%s\", nor a name like it; `ccenv search '*%s*'` finds longer names",
			o->spec, name);
	for (size_t i = 0; i < n; i++)
		ce_buf_addf(&others, "%s%s", i ? ", " : "", near[i]);
	return ce_fail(err, CCENV_ENOTFOUND, "no channel has \"%s\"; did you mean %s?", o->spec,
		ce_buf_str(&others));
}

int ccenv_search(struct ccenv *c, const struct ccenv_search_options *o, struct ccenv_packages *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *records = NULL;
	const struct ce_pkg **found;
	const struct ce_spec *spec;
	size_t n = 0;
	/* Only the lenient form has globs as names. */
	bool glob = memchr(o->spec, '*', strcspn(o->spec, " =<>!~[")) != NULL;
	int r = ce_spec_parse(o->spec, glob ? CE_SPEC_LENIENT : CE_SPEC_STRICT, &a, &spec, err);

	if (r < 0)
		return err->code = CCENV_EUSAGE;
	r = load_all(c, o, spec, &a, &records, err);
	if (r < 0)
		return r;
	assert(records);
	found = ce_arena_array(&a, records->n + 1, sizeof(*found));
	for (size_t i = 0; i < records->n; i++)
		if (ce_glob_matches(spec->name, records->pkgs[i].name, false) &&
			ce_spec_matches(spec, &records->pkgs[i]))
			found[n++] = &records->pkgs[i];
	if (n == 0)
		return not_found(o, spec->name, records, err);
	qsort(found, n, sizeof(struct ce_pkg *), newest_first);
	ce_packages_fill(found, n, (struct ce_strs){0}, ret);
	return 0;
}
