/* SPDX-License-Identifier: MIT */
/* "targets" of ccenv.json: what is built on one machine for another. */
#include "manifest/manifest_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "model/manifest.h"
#include "model/platform.h"
#include "spec/name.h"
#include "spec/subdir.h"

enum {
	TARGETS_MAX = 64
};

/* Where conda-forge's cross compilers and nvcc run. A constant: the same file must mean the same on every
 * machine. */
static const char default_build[] = "linux-64";

/* One of the two machines: it needs conda's gcc and a place in CUDA's toolkit. */
static int check_side(const char *key, const char *subdir, struct ccenv_error *err)
{
	if (!ce_subdir_is_known(subdir, strlen(subdir)) || strcmp(subdir, "noarch") == 0)
		return ce_fail(err, CCENV_EDATA,
			"%s: unknown platform \"%s\"; expected linux-64 or linux-aarch64", key,
			subdir);
	if (!ce_platform_is_linux(subdir) || !ce_platform_cuda_target(subdir))
		return ce_fail(err, CCENV_EDATA,
			"%s: %s cannot be one side of a target: conda-forge has CUDA cross compilers for linux-64 and linux-aarch64 only; list it under \"platforms\"",
			key, subdir);
	return 0;
}

/* The platform that a target's name means: "linux-aarch64", "sbsa"; or NULL. */
static const char *platform_of_name(const char *name)
{
	const char *platform = ce_platform_of_target(name);

	return platform ? platform : ce_subdir_is_known(name, strlen(name)) ? name : NULL;
}

/* Names are given to --target and CCENV_TARGET, next to those of platforms. */
static int check_name(const struct ce_target *t, struct ccenv_error *err)
{
	const char *platform = platform_of_name(t->name);

	if (!ce_name_is_valid(t->name, strlen(t->name)))
		return ce_fail(err, CCENV_EDATA,
			"invalid target name \"%s\"; expected lower-case letters, digits, \"_\", \"-\" and \".\"",
			t->name);
	if (platform && strcmp(platform, t->host) != 0)
		return ce_fail(err, CCENV_EDATA,
			"the target name \"%s\" is that of the platform %s, and its host is %s; give it another name",
			t->name, platform, t->host);
	return 0;
}

static int check_pair(const struct ce_target *t, struct ccenv_error *err)
{
	int r = check_side("build", t->build, err);

	if (r >= 0)
		r = check_side("host", t->host, err);
	if (r < 0)
		return r;
	if (strcmp(t->build, t->host) == 0)
		return ce_fail(err, CCENV_EDATA,
			"build and host are both %s, which needs no target; list it under \"platforms\"",
			t->host);
	return check_name(t, err);
}

static int read_variant(
	const json_t *o, struct ce_manifest *m, struct ce_target *t, struct ccenv_error *err)
{
	bool is_arm = strcmp(t->host, "linux-aarch64") == 0;
	const char *text = NULL;
	int r = ce_json_string(o, "arm-variant", &m->arena, &text, err);

	if (r < 0)
		return r;
	if (text && !is_arm)
		return ce_fail(
			err, CCENV_EDATA, "arm-variant: there is one for linux-aarch64 only");
	if (text && strcmp(text, "sbsa") != 0 && strcmp(text, "tegra") != 0)
		return ce_fail(err, CCENV_EDATA,
			"arm-variant: expected \"sbsa\" (servers, and Tegra from CUDA 13 on) or \"tegra\" (Jetson with CUDA 12), found \"%s\"",
			text);
	t->arm_variant = text ? text : is_arm ? "sbsa" : NULL;
	return 0;
}

/* "qemu-aarch64", or a command with its arguments. */
static int read_emulator(
	const json_t *o, struct ce_manifest *m, struct ce_target *t, struct ccenv_error *err)
{
	const json_t *v = json_object_get(o, "emulator");
	const char *program = NULL;
	int r;

	if (json_is_array(v)) {
		r = ce_json_strings(
			o, "emulator", &m->arena, &t->emulator.items, &t->emulator.n, err);
		if (r < 0)
			return r;
	} else {
		r = ce_json_string(o, "emulator", &m->arena, &program, err);
		if (r < 0 || !program)
			return r;
		t->emulator.items = ce_arena_array(&m->arena, 2, sizeof(*t->emulator.items));
		t->emulator.items[t->emulator.n++] = program;
	}
	if (t->emulator.n == 0 || !*t->emulator.items[0])
		return ce_fail(err, CCENV_EDATA, "emulator: name a program, e.g. \"qemu-aarch64\"");
	for (size_t i = 0; i < t->emulator.n; i++)
		if (strchr(t->emulator.items[i], ';'))
			return ce_fail(err, CCENV_EDATA,
				"emulator: \"%s\" has a \";\", which CMake takes for the end of an argument",
				t->emulator.items[i]);
	return 0;
}

/* {"build": …, "host": …, …}; `t` has the name, and what the short form says. */
static int read_object(
	const json_t *o, struct ce_manifest *m, struct ce_target *t, struct ccenv_error *err)
{
	static const char *const keys[] = {"build", "host", "system-requirements", "dependencies",
		"build-dependencies", "archs", "arm-variant", "emulator"};
	const struct ce_manifest_place own = {.object = o};
	const struct ce_manifest_place tools = {.object = o, .dependencies = "build-dependencies"};
	int r = ce_manifest_check_keys(o, keys, CE_COUNT(keys), err);

	if (r >= 0)
		r = ce_json_string(o, "build", &m->arena, &t->build, err);
	if (r >= 0)
		r = ce_json_string(o, "host", &m->arena, &t->host, err);
	if (r < 0)
		return r;
	if (!t->host)
		t->host = platform_of_name(t->name);
	if (!t->host)
		return ce_fail(err, CCENV_EDATA,
			"\"host\" is missing: the platform that runs the result, e.g. \"linux-aarch64\"");
	r = check_pair(t, err);
	if (r >= 0)
		r = read_variant(o, m, t, err);
	if (r >= 0)
		r = read_emulator(o, m, t, err);
	if (r >= 0)
		r = ce_manifest_parse_deps(&own, m, &t->own, err);
	if (r >= 0)
		r = ce_manifest_parse_sysreqs(&own, m, &t->own, err);
	if (r >= 0)
		r = ce_manifest_parse_archs(o, m, &t->own, err);
	return r < 0 ? r : ce_manifest_parse_deps(&tools, m, &t->tools, err);
}

/* "linux-aarch64", {"host": …}: what is said of one target. `name` may be NULL: that of the host. */
static int read_target(const char *name, const json_t *v, struct ce_manifest *m,
	struct ce_target *t, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;

	*t = (struct ce_target){
		.name = name ? ce_arena_strdup(&m->arena, name) : "", .build = default_build};
	o = json_is_string(v) ? json_pack("{s:O}", "host", v) : json_incref((json_t *)v);
	if (!json_is_object(o))
		return ce_fail(err, CCENV_EDATA,
			"expected a platform (\"linux-aarch64\") or an object with \"build\" and \"host\"");
	if (!name && json_is_string(json_object_get(o, "host")))
		t->name = ce_arena_strdup(&m->arena, json_string_value(json_object_get(o, "host")));
	return read_object(o, m, t, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ce_target *)a)->name, ((const struct ce_target *)b)->name);
}

static int add_target(
	const char *name, const json_t *v, struct ce_manifest *m, struct ccenv_error *err)
{
	struct ce_target *t = &m->targets[m->n_targets];
	int r = read_target(name, v, m, t, err);

	if (r >= 0 && ce_manifest_target(m, t->name))
		r = ce_fail(err, CCENV_EDATA, "given twice; give one of them another name");
	if (r >= 0)
		m->n_targets++;
	else if (*t->name)
		ce_context(err, r, "%s", t->name);
	return r;
}

static int read_targets(const json_t *v, struct ce_manifest *m, struct ccenv_error *err)
{
	size_t n = json_is_array(v) ? json_array_size(v) : json_object_size(v), i;
	const char *name;
	json_t *item;
	int r;

	if (!json_is_array(v) && !json_is_object(v))
		return ce_fail(err, CCENV_EDATA,
			"expected a list ([\"linux-aarch64\"]) or an object ({\"grace\": {\"build\": \"linux-64\", \"host\": \"linux-aarch64\"}})");
	if (n > TARGETS_MAX)
		return ce_fail(err, CCENV_EDATA, "more than %d", TARGETS_MAX);
	m->targets = ce_arena_array(&m->arena, n + 1, sizeof(*m->targets));
	if (json_is_array(v)) {
		json_array_foreach (v, i, item) {
			r = add_target(NULL, item, m, err);
			if (r < 0)
				return r;
		}
	} else {
		json_object_foreach ((json_t *)v, name, item) {
			r = add_target(name, item, m, err);
			if (r < 0)
				return r;
		}
	}
	if (m->n_targets)
		qsort(m->targets, m->n_targets, sizeof(*m->targets), by_name);
	return 0;
}

int ce_manifest_parse_targets(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	const json_t *v = json_object_get(root, "targets");
	int r = v ? read_targets(v, m, err) : 0;

	return r < 0 ? ce_context(err, r, "targets") : 0;
}
