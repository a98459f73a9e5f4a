/* SPDX-License-Identifier: MIT */
/* Names of targets; see target_name.h. */
#include "model/target_name.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "model/platform.h"
#include "spec/subdir.h"

enum {
	NAMES_MAX = 8
};

static bool is_tegra(const struct ce_target_id *id)
{
	return id->arm_variant && strcmp(id->arm_variant, "tegra") == 0;
}

const char *ce_target_cuda_dir(const struct ce_target_id *id)
{
	return is_tegra(id) ? "aarch64-linux" : ce_platform_cuda_target(id->host);
}

static void add(struct ce_strs *list, const char *name)
{
	if (name && !ce_strs_has(*list, name))
		list->items[list->n++] = name;
}

/* "sbsa-linux" -> "sbsa"; "x86_64-linux" -> "x86_64". */
static const char *stem(const char *dir, struct ce_arena *a)
{
	return dir ? ce_arena_strndup(a, dir, strcspn(dir, "-")) : NULL;
}

static struct ce_strs names_of(const struct ce_target_id *id, struct ce_arena *a)
{
	struct ce_strs list = {.items = ce_arena_array(a, NAMES_MAX, sizeof(*list.items))};
	const char *dir = ce_target_cuda_dir(id);

	add(&list, id->name);
	add(&list, id->host);
	add(&list, dir);
	add(&list, stem(dir, a));
	if (strcmp(id->host, "linux-aarch64") == 0)
		add(&list, "aarch64");
	if (is_tegra(id))
		add(&list, "tegra");
	return list;
}

struct ce_strs ce_target_names_native(const char *platform, struct ce_arena *a)
{
	const struct ce_target_id id = {.name = platform, .host = platform};

	return names_of(&id, a);
}

/* How many of those for `machine` have the name, and the last of them. An own name counts alone. */
static size_t count(const struct ce_target_ids *ids, const char *wanted, const char *machine,
	struct ce_arena *a, size_t *ret_index)
{
	size_t n = 0;

	for (size_t i = 0; i < ids->n; i++) {
		if (strcmp(ids->items[i].name, wanted) == 0) {
			*ret_index = i;
			return 1;
		}
		if ((machine && strcmp(ids->items[i].build, machine) != 0) ||
			!ce_strs_has(names_of(&ids->items[i], a), wanted))
			continue;
		*ret_index = i;
		n++;
	}
	return n;
}

struct ce_strs ce_target_names(const struct ce_target_ids *ids, size_t index, struct ce_arena *a)
{
	struct ce_strs all = names_of(&ids->items[index], a);
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++) {
		size_t found = index;

		if (count(ids, all.items[i], ids->items[index].build, a, &found) == 1 &&
			found == index)
			all.items[n++] = all.items[i];
	}
	all.n = n;
	return all;
}

const char *ce_target_label(const struct ce_target_ids *ids, size_t index)
{
	const struct ce_target_id *id = &ids->items[index];
	const char *dir = ce_target_cuda_dir(id);

	if (strcmp(id->name, id->host) == 0)
		return dir;
	for (size_t i = 0; i < ids->n; i++)
		if (i != index && strcmp(ce_target_cuda_dir(&ids->items[i]), dir) == 0)
			return id->name;
	return dir;
}

static int fail_none(const struct ce_target_ids *ids, const char *wanted, const char *machine,
	struct ccenv_error *err)
{
	const char *platform = ce_platform_of_target(wanted);
	CE_CLEANUP(ce_buf_release) struct ce_buf known = {0};

	for (size_t i = 0; i < ids->n; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", ids->items[i].name);
	if (!platform && ce_subdir_is_known(wanted, strlen(wanted)))
		platform = wanted;
	if (!platform && ids->n)
		return ce_fail(err, CCENV_ENOTFOUND,
			"unknown target \"%s\"; the targets of ccenv.json are: %s", wanted,
			ce_buf_str(&known));
	if (!*machine)
		return ce_fail(err, CCENV_ENOTFOUND,
			"there is no target \"%s\"; add it to \"targets\"", wanted);
	if (!platform)
		return ce_fail(err, CCENV_ENOTFOUND,
			"unknown target \"%s\", and ccenv.json has no \"targets\"; this machine is %s",
			wanted, machine);
	if (!ce_platform_is_linux(platform))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s cannot be a target: conda-forge has CUDA cross compilers for linux-64 and linux-aarch64 only; under \"platforms\" it can be locked and listed",
			wanted);
	return ce_fail(err, CCENV_ENOTFOUND,
		"the target %s is asked for, this machine is %s, and ccenv.json has no target for %s that is built here: add \"targets\": [\"%s\"] and run `ccenv lock`, or leave the target out",
		wanted, machine, platform, platform);
}

static int fail_several(
	const struct ce_target_ids *ids, const char *wanted, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf names = {0};

	for (size_t i = 0; i < ids->n; i++)
		if (ce_strs_has(names_of(&ids->items[i], &a), wanted))
			ce_buf_addf(&names, "%s%s", names.len ? ", " : "", ids->items[i].name);
	return ce_fail(err, CCENV_ENOTFOUND,
		"target \"%s\" may be any of: %s; give one of these names", wanted,
		ce_buf_str(&names));
}

int ce_target_select(const struct ce_target_ids *ids, const char *wanted, const char *machine,
	enum ce_target_use use, size_t *ret_index, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	size_t index = 0, n;

	*ret_index = CE_TARGET_NATIVE;
	if (ce_strs_has(ce_target_names_native(machine, &a), wanted))
		return 0;
	n = count(ids, wanted, use == CE_TARGET_TO_BUILD ? machine : NULL, &a, &index);
	if (n == 0)
		return fail_none(ids, wanted, machine, err);
	if (n > 1)
		return fail_several(ids, wanted, err);
	if (use == CE_TARGET_TO_BUILD && strcmp(ids->items[index].build, machine) != 0)
		return ce_fail(err, CCENV_ENOTFOUND,
			"the tools of target \"%s\" run on %s, and this machine is %s: build there, or add a target whose \"build\" is %s",
			ids->items[index].name, ids->items[index].build, machine, machine);
	*ret_index = index;
	return 0;
}
