/* SPDX-License-Identifier: MIT */
/* Comparing a spec with a record. */
#include "model/match.h"

#include <string.h>

#include "base/map.h"
#include "model/pkg.h"
#include "spec/condition.h"
#include "spec/regex.h"
#include "spec/scan.h"
#include "spec/spec.h"

enum {
	FLAG_MAX = 256
};

static bool build_matches(const char *pattern, const char *build)
{
	return pattern[0] == '^' ? ce_regex_matches(pattern, build)
				 : ce_glob_matches(pattern, build, false);
}

static bool number_matches(enum ce_compare op, uint64_t wanted, uint64_t n)
{
	switch (op) {
	case CE_COMPARE_ANY:
		return true;
	case CE_COMPARE_EQ:
		return n == wanted;
	case CE_COMPARE_NE:
		return n != wanted;
	case CE_COMPARE_LT:
		return n < wanted;
	case CE_COMPARE_LE:
		return n <= wanted;
	case CE_COMPARE_GT:
		return n > wanted;
	case CE_COMPARE_GE:
		return n >= wanted;
	}
	return false;
}

bool ce_channel_matches(const char *wanted, const char *channel)
{
	size_t n, len = strlen(channel);

	if (strstr(wanted, "://"))
		return strcmp(wanted, channel) == 0;
	if (wanted[0] == '.' || wanted[0] == '~') {
		/* A relative path: what it is relative to is not known here, so only its end is
		 * compared. */
		wanted += strspn(wanted, "./~");
	}
	n = strlen(wanted);
	if (n == 0 || len < n || strcmp(channel + len - n, wanted) != 0)
		return false;
	return len == n || wanted[0] == '/' || channel[len - n - 1] == '/';
}

static bool has_word(const char *list, const char *word, size_t n)
{
	for (const char *p = list; *p;) {
		size_t k = strcspn(p, " ,");

		if (k == n && memcmp(p, word, n) == 0)
			return true;
		p += k;
		p += strspn(p, " ,");
	}
	return false;
}

static bool features_match(const char *wanted, const char *list)
{
	for (const char *p = wanted + strspn(wanted, " ,"); *p;) {
		size_t n = strcspn(p, " ,");

		if (!list || !has_word(list, p, n))
			return false;
		p += n;
		p += strspn(p, " ,");
	}
	return true;
}

static bool text_matches(const char *wanted, const char *text)
{
	return !wanted || (text && strcmp(wanted, text) == 0);
}

static bool glob_matches(const char *glob, const char *text)
{
	return !glob || (text && ce_glob_matches(glob, text, true));
}

/* CEP 45: each flag that is asked for, be it a glob, matches one that the record has. */
static bool flags_match(const char *wanted, const struct ce_pkg *p)
{
	for (const char *w = wanted; *w;) {
		size_t n = strcspn(w, ", ");
		char flag[FLAG_MAX];
		bool found = false;

		if (n >= sizeof(flag))
			return false;
		memcpy(flag, w, n);
		flag[n] = '\0';
		for (size_t i = 0; i < p->n_flags && !found; i++)
			found = ce_glob_matches(flag, p->flags[i], false);
		if (!found)
			return false;
		w += n;
		w += strspn(w, ", ");
	}
	return true;
}

/* What few specs have. */
static bool rest_matches(const struct ce_spec *s, const struct ce_pkg *p)
{
	return (!s->channel || (p->channel && ce_channel_matches(s->channel, p->channel))) &&
	       text_matches(s->subdir, p->subdir) && text_matches(s->md5, p->md5) &&
	       text_matches(s->sha256, p->sha256) && text_matches(s->fn, p->fn) &&
	       text_matches(s->url, p->url) && glob_matches(s->license, p->license) &&
	       glob_matches(s->license_family, p->license_family) &&
	       (!s->track_features || features_match(s->track_features, p->track_features)) &&
	       (!s->flags || flags_match(s->flags, p));
}

bool ce_spec_matches(const struct ce_spec *s, const struct ce_pkg *p)
{
	if (strcmp(s->name, p->name) != 0 &&
		!(strchr(s->name, '*') && ce_glob_matches(s->name, p->name, false)))
		return false;
	if (s->version &&
		!(p->parsed_version && ce_version_spec_matches(s->version, p->parsed_version)))
		return false;
	if (s->build && !build_matches(s->build, p->build))
		return false;
	if (!number_matches(s->build_number_op, s->build_number, p->build_number))
		return false;
	return rest_matches(s, p);
}

bool ce_condition_holds(const struct ce_condition *c, const struct ce_map *pkgs)
{
	const struct ce_pkg *pkg;

	if (c->kind == CE_CONDITION_AND)
		return ce_condition_holds(c->left, pkgs) && ce_condition_holds(c->right, pkgs);
	if (c->kind == CE_CONDITION_OR)
		return ce_condition_holds(c->left, pkgs) || ce_condition_holds(c->right, pkgs);
	pkg = ce_map_get(pkgs, c->spec->name);
	return pkg && ce_spec_matches(c->spec, pkg);
}
