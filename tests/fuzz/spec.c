/* SPDX-License-Identifier: MIT */
/* The language of versions and match specs. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "model/match.h"
#include "model/pkg.h"
#include "spec/regex.h"
#include "spec/scan.h"
#include "spec/spec.h"

enum {
	SPEC_MAX = 4096 /* characters of a constraint */
};

void fuzz_version(const char *data, size_t size)
{
	CE_AUTOFREE char *first = fuzz_line(&data, &size), *second = fuzz_line(&data, &size);
	const struct ce_version *a, *b, *again;
	struct ce_arena arena = {0};
	struct ccenv_error err;

	if (ce_version_parse(first, &arena, &a, &err) >= 0) {
		fuzz_require(ce_version_compare(a, a) == 0, "a version equals itself");
		fuzz_require(ce_version_starts_with(a, a), "a version starts with itself");
		fuzz_require(ce_version_parse(ce_version_text(a), &arena, &again, &err) >= 0 &&
				     ce_version_compare(a, again) == 0,
			"a version's text reads as the version");
		if (ce_version_parse(second, &arena, &b, &err) >= 0) {
			int x = ce_version_compare(a, b), y = ce_version_compare(b, a);

			fuzz_require((x < 0) == (y > 0) && (x == 0) == (y == 0),
				"comparing two versions has one result");
			(void)ce_version_is_compatible(a, b);
			(void)ce_version_starts_with(b, a);
		}
	}
	ce_arena_release(&arena);
}

void fuzz_versionspec(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_line(&data, &size), *version = fuzz_line(&data, &size);
	const struct ce_version_spec *strict, *lenient, *again;
	struct ce_arena arena = {0};
	const struct ce_version *v;
	struct ccenv_error err;
	bool has_version = ce_version_parse(version, &arena, &v, &err) >= 0;
	int s = ce_version_spec_parse(text, CE_SPEC_STRICT, &arena, &strict, &err);
	int l = ce_version_spec_parse(text, CE_SPEC_LENIENT, &arena, &lenient, &err);

	fuzz_require(s < 0 || l >= 0, "what is strictly valid is leniently valid");
	if (s >= 0 && has_version)
		fuzz_require(
			ce_version_spec_matches(strict, v) == ce_version_spec_matches(lenient, v),
			"a strictly valid spec means the same leniently");
	/* It may be longer than what it is made of: "1" is "==1". */
	if (l >= 0 && strlen(ce_version_spec_text(lenient, &arena)) <= SPEC_MAX) {
		fuzz_require(ce_version_spec_parse(ce_version_spec_text(lenient, &arena),
				     CE_SPEC_LENIENT, &arena, &again, &err) >= 0,
			"a spec's text reads as a spec");
		if (has_version)
			fuzz_require(ce_version_spec_matches(lenient, v) ==
					     ce_version_spec_matches(again, v),
				"a spec's text reads as the spec");
	}
	ce_arena_release(&arena);
}

void fuzz_matchspec(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_line(&data, &size), *version = fuzz_line(&data, &size);
	CE_AUTOFREE char *build = fuzz_line(&data, &size);
	struct ce_arena arena = {0};
	struct ccenv_error err;
	struct ce_pkg pkg = {.name = "cuda-nvcc",
		.version = version,
		.build = build,
		.subdir = "linux-64",
		.track_features = "a b,c",
		.build_number = 3,
		.fn = "cuda-nvcc-1-0.conda",
		.channel = "https://conda.anaconda.org/conda-forge",
		.url = "https://conda.anaconda.org/conda-forge/linux-64/cuda-nvcc-1-0.conda"};
	const struct ce_spec *spec, *again;
	struct ce_map chosen = {0};

	if (ce_version_parse(version, &arena, &pkg.parsed_version, &err) < 0)
		pkg.parsed_version = NULL;
	for (int mode = CE_SPEC_STRICT; mode <= CE_SPEC_LENIENT; mode++) {
		if (ce_spec_parse(text, mode, &arena, &spec, &err) < 0)
			continue;
		fuzz_require(spec->name && *spec->name, "a spec has a name");
		(void)ce_spec_matches(spec, &pkg);
		pkg.name = spec->name;
		(void)ce_spec_matches(spec, &pkg);
		if (!spec->when)
			continue;
		fuzz_require(spec->condition, "`when` is read as a condition");
		ce_map_set(&chosen, "q", &pkg);
		(void)ce_condition_holds(spec->condition, &chosen);
		if (strlen(spec->text) <= SPEC_MAX)
			fuzz_require(ce_spec_parse(spec->text, CE_SPEC_LENIENT, &arena, &again,
					     &err) >= 0 &&
					     again->when && strcmp(again->when, spec->when) == 0,
				"a condition is written as it was read");
	}
	ce_map_release(&chosen);
	ce_arena_release(&arena);
}

void fuzz_regex(const char *data, size_t size)
{
	CE_AUTOFREE char *pattern = fuzz_line(&data, &size), *text = fuzz_line(&data, &size);
	struct ccenv_error err;
	struct ce_scan s = {.text = pattern, .len = strlen(pattern), .err = &err};

	if (ce_regex_check(&s, 0, strlen(pattern)) >= 0)
		(void)ce_regex_matches(pattern, text);
	else
		fuzz_require(
			!ce_regex_matches(pattern, text), "an invalid expression matches nothing");
}
