/* SPDX-License-Identifier: MIT */
/* ccenv_doctor(): collects what ce_diagnose() judges. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/diagnose.h"
#include "api/emulator.h"
#include "api/host_check.h"
#include "api/locked.h"
#include "api/project.h"
#include "api/trust.h"
#include "api/uptodate.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "io/host.h"
#include "io/spawn.h"
#include "lock/lockfile.h"
#include "model/layout.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/request.h"

enum {
	CMAKE_LIMIT_S = 10,
	CMAKE_OUTPUT_MAX = 1 << 16
};

/* Where a toolkit of the system is found without being asked for. */
static const char *const toolkit_patterns[] = {
	"/usr/local/cuda",
	"/usr/local/cuda-[0-9]*",
	"/opt/cuda",
	"/usr/lib/cuda",
	"/usr/bin/nvcc",
	"/usr/include/cuda_runtime.h",
	"/usr/lib/*/libcudart.so*",
	"/usr/lib64/libcudart.so*",
};

static void look_for_toolkits(struct ce_facts *f, struct ce_arena *a)
{
	enum {
		MOST = 32
	};

	f->toolkits.items = ce_arena_array(a, MOST, sizeof(*f->toolkits.items));
	for (size_t i = 0; i < CE_COUNT(toolkit_patterns); i++) {
		glob_t g;

		if (glob(toolkit_patterns[i], 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc && f->toolkits.n < MOST; k++)
			f->toolkits.items[f->toolkits.n++] = ce_arena_strdup(a, g.gl_pathv[k]);
		globfree(&g);
	}
}

/* Those that `ccenv run` and `ccenv env` set lead into the root, and are as they should be. */
static void look_at_variables(const struct ccenv *c, struct ce_facts *f, struct ce_arena *a)
{
	size_t n = 0;

	while (ce_hostile_variable(n))
		n++;
	f->variables.items = ce_arena_array(a, n, sizeof(*f->variables.items));
	for (size_t i = 0; i < n; i++) {
		const char *name = ce_hostile_variable(i), *value = c->getenv_fn(name);

		if (value && *value && !ce_has_prefix(value, c->root))
			f->variables.items[f->variables.n++] = name;
	}
}

/* "cmake version 3.25.1" */
static const char *cmake_version(struct ce_arena *a)
{
	static const char begin[] = "cmake version ";
	const char *const argv[] = {"cmake", "--version", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {.max = CMAKE_OUTPUT_MAX};
	struct ccenv_error ignored;
	const char *at;
	int status;

	if (ce_spawn_read(argv, CMAKE_LIMIT_S, &out, &status, &ignored) < 0 || status != 0)
		return NULL;
	at = strstr(ce_buf_str(&out), begin);
	return at ? ce_arena_strndup(
			    a, at + strlen(begin), strspn(at + strlen(begin), "0123456789."))
		  : NULL;
}

static void look_at_machine(struct ccenv *c, struct ce_facts *f, struct ce_arena *a)
{
	struct ccenv_error error;
	struct ce_host_gpu driver;
	struct ce_virtual *virtuals;
	size_t n;

	/* The variables that override what is found count here as they do in a solve. */
	if (ce_host_virtuals(c->getenv_fn, &driver, a, &virtuals, &n, &error) < 0) {
		f->host_lacks = ce_arena_strdup(a, error.text);
		return;
	}
	f->virtuals = virtuals;
	f->n_virtuals = n;
	for (size_t i = 0; i < n; i++) {
		char *end;

		if (strcmp(virtuals[i].name, "__glibc") == 0)
			f->glibc = virtuals[i].version;
		if (strcmp(virtuals[i].name, "__cuda") == 0) {
			f->driver_major = (int)strtol(virtuals[i].version, &end, 10);
			f->driver_minor = *end == '.' ? (int)strtol(end + 1, NULL, 10) : 0;
		}
		if (strcmp(virtuals[i].name, "__cuda_arch") == 0) {
			f->gpu_major = (int)strtol(virtuals[i].version, &end, 10);
			f->gpu_minor = *end == '.' ? (int)strtol(end + 1, NULL, 10) : 0;
		}
	}
}

static void look_at_packages(
	const struct ce_lockfile_platform *p, struct ce_facts *f, struct ce_arena *a)
{
	for (size_t i = 0; i < p->n_pkgs; i++) {
		const struct ce_pkg *pkg = p->pkgs[i];

		f->locked_bytes += pkg->size;
		if (strcmp(pkg->name, "cuda-version") == 0)
			f->cuda = ce_arena_strdup(a, pkg->version);
		if (ce_has_prefix(pkg->name, "sysroot_linux-"))
			f->sysroot = ce_arena_strdup(a, pkg->version);
		f->has_gcc |= ce_has_prefix(pkg->name, "gcc_impl_linux-");
	}
}

static void look_at_root(struct ccenv *c, const struct ce_locked_choice *choice,
	const struct ccenv_selection *of, struct ce_facts *f)
{
	const struct ccenv_install_options o = {.of = *of};
	struct ccenv_install_result result;
	CE_AUTOFREE char *stamp = ce_layout_stamp(c->root, choice->label);

	if (!ce_fs_exists(stamp))
		return;
	f->root = CE_ROOT_STALE;
	if (ce_is_up_to_date(c, &o, choice->label, &result)) {
		f->root = CE_ROOT_READY;
		free(result.prefix);
		free(result.root);
	}
}

static void look_at_target(const struct ccenv *c, const struct ce_target *target,
	const struct ce_lockfile_target *locked, struct ce_facts *f, struct ce_arena *a)
{
	const struct ce_strs emulator = ce_emulator_find(c->getenv_fn("PATH"), target, "", "", a);

	f->target = target->name;
	f->target_platform = target->host;
	if (emulator.n && access(emulator.items[0], X_OK) == 0)
		f->emulator = emulator.items[0];
	for (size_t i = 0; locked && i < locked->host.n_virtuals; i++)
		if (strcmp(locked->host.virtuals[i].name, "__glibc") == 0)
			f->target_glibc = ce_arena_strdup(a, locked->host.virtuals[i].version);
}

/* What ce_host_check_against() only warns of, for look_at_project(). */
struct warning {
	char text[1024];
};

static void take_warning(void *user, enum ccenv_level level, const char *text)
{
	struct warning *w = user;

	if (level == CCENV_LOG_WARNING)
		snprintf(w->text, sizeof(w->text), "%s", text);
}

static void check_host(struct ccenv *c, const struct ce_lockfile_platform *p, struct ce_facts *f,
	struct ce_arena *a)
{
	struct warning warning = {0};
	struct ccenv_error error;

	/* The machine could not be asked, which has been said. */
	if (!f->n_virtuals)
		return;
	c->events = (struct ccenv_events){.user = &warning, .log = take_warning};
	if (ce_host_check_against(c, p, f->virtuals, f->n_virtuals, &error) < 0 &&
		error.code == CCENV_EHOST)
		f->host_lacks = ce_arena_strdup(a, error.text);
	c->events = (struct ccenv_events){0};
	/* No driver at all has a finding of its own. */
	if (*warning.text && f->driver_major)
		f->driver_lacks = ce_arena_strdup(a, warning.text);
}

/* `choice` is what `of` names; CCENV_ENOTFOUND of it has been said. */
static void look_at_lock(struct ccenv *c, const struct ce_locked_choice *choice,
	const struct ccenv_selection *of, struct ce_facts *f, struct ce_arena *a)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	struct ce_locked part = {0};
	struct ccenv_error error;
	int r;

	if (!ce_fs_exists(c->lock_path))
		return;
	f->lock = c->lock_path;
	r = ce_locked_read_all(c, &lock, &error);
	if (r >= 0) {
		r = ce_locked_select(lock, of, choice->target, &part, &error);
		if (r < 0)
			ce_context(&error, r, "%s", c->lock_path);
	}
	if (r < 0) {
		f->unlocked = ce_arena_strdup(a, error.text);
		return;
	}
	if (choice->target)
		look_at_target(c, choice->target, part.target, f, a);
	look_at_packages(part.packages, f, a);
	if (part.target)
		look_at_packages(&part.target->build, f, a);
	check_host(c, part.target ? &part.target->build : part.packages, f, a);
	if (ce_locked_check(c, lock, of, choice->target, &part, &error) < 0)
		f->unlocked = ce_arena_printf(a, "%s is out of date: %s", c->lock_path, error.text);
}

static int look_at_project(struct ccenv *c, const struct ccenv_selection *of, struct ce_facts *f,
	struct ce_arena *a, struct ccenv_error *err)
{
	CE_CLEANUP(ce_locked_choice_release) struct ce_locked_choice choice = {0};
	int r = 0;

	if (c->untrusted.code)
		f->untrusted = c->untrusted.text;
	if (!c->manifest)
		return 0;
	r = ce_locked_choose(c, of, &choice, err);
	if (r < 0)
		return r;
	f->manifest = c->manifest_path ? c->manifest_path : "the command line";
	if (choice.target)
		look_at_target(c, choice.target, NULL, f, a);
	look_at_root(c, &choice, of, f);
	look_at_lock(c, &choice, of, f, a);
	return 0;
}

int ccenv_doctor(struct ccenv *c, const struct ccenv_selection *of, struct ccenv_diagnoses *ret,
	struct ccenv_error *err)
{
	const struct ccenv_selection defaults = {0};
	const struct ccenv_events events = c->events;
	struct ce_facts f = {0};
	struct ccenv_error shared;
	struct ce_arena *a;
	int r;

	of = of ? of : &defaults;
	if (c->manifest && of->environment &&
		!ce_manifest_environment(c->manifest, of->environment))
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no environment \"%s\"",
			c->manifest->path, of->environment);
	a = ce_owner_new();
	c->events = (struct ccenv_events){0}; /* what others would warn of is a finding here */
	look_at_machine(c, &f, a);
	r = look_at_project(c, of, &f, a, err);
	if (r < 0) {
		c->events = events;
		ce_owner_free(a);
		return r;
	}
	look_at_variables(c, &f, a);
	look_for_toolkits(&f, a);
	f.cmake = cmake_version(a);
	if (f.manifest && !ce_place_look(c->root, &f.places[0]))
		f.places[0].path = NULL;
	if (!ce_place_look(c->cache_dir, &f.places[1]))
		f.places[1].path = NULL;
	f.cache_accepted = c->shared_cache;
	if (ce_trust_check_cache(c, &shared) < 0)
		f.cache_shared = shared.text;
	*ret = (struct ccenv_diagnoses){.owner = a};
	ce_diagnose(&f, a, ret);
	c->events = events;
	return 0;
}

void ccenv_diagnoses_free(struct ccenv_diagnoses *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_diagnoses){0};
}
