/* SPDX-License-Identifier: MIT */
/* What the facts of a machine and a project mean; see diagnose.h. */
#include "api/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "model/arch.h"

enum {
	FINDINGS_MAX = 128
};

struct doctor {
	const struct ce_facts *f;
	struct ce_arena *a;
	struct ccenv_diagnoses *ret;
	const char *check; /* the name of the one being made */
};

static void find(struct doctor *d, enum ccenv_severity severity, const char *cure, const char *fmt,
	...) CE_PRINTF(4, 5);

/* `cure` is NULL where there is nothing to do. */
static void find(
	struct doctor *d, enum ccenv_severity severity, const char *cure, const char *fmt, ...)
{
	CE_AUTOFREE char *text = NULL;
	va_list ap;

	if (d->ret->n == FINDINGS_MAX)
		return;
	va_start(ap, fmt);
	text = ce_vasprintf(fmt, ap);
	va_end(ap);
	d->ret->items[d->ret->n++] = (struct ccenv_diagnosis){
		.check = d->check,
		.severity = severity,
		.text = ce_arena_strdup(d->a, text),
		.cure = ce_arena_strdup(d->a, cure),
	};
	if (severity > d->ret->worst)
		d->ret->worst = severity;
}

/* A problem by the message of the error that it is elsewhere: "cause; way out" or "cause: way out". */
static void find_error(struct doctor *d, const char *message)
{
	const char *semicolon = strstr(message, "; "), *colon = NULL, *at;

	for (at = message; (at = strstr(at, ": ")); at++)
		colon = at;
	at = semicolon ? semicolon : colon;
	if (at)
		find(d, CCENV_PROBLEM, at + 2, "%.*s", (int)(at - message), message);
	else
		find(d, CCENV_PROBLEM, NULL, "%s", message);
}

/* "12.9" or "3.25.1" as numbers; parts that are missing are 0. */
static void numbers(const char *text, int ret[3])
{
	char *end;

	for (int i = 0; i < 3; i++) {
		ret[i] = (int)strtol(text, &end, 10);
		text = *end == '.' ? end + 1 : end;
	}
}

/* Is the version before major.minor.patch? */
static bool is_before(const char *version, int major, int minor, int patch)
{
	const int than[3] = {major, minor, patch};
	int v[3];

	numbers(version, v);
	for (int i = 0; i < 3; i++)
		if (v[i] != than[i])
			return v[i] < than[i];
	return false;
}

/* ---- driver and GPU ---- */

/* The oldest driver for a major release by minor-version compatibility (NVIDIA, "CUDA
 * Compatibility", table of minor-version compatibility). */
static const char *minimum_driver(int cuda_major)
{
	static const struct {
		int major;
		const char *driver;
	} table[] = {{11, "450.80.02"}, {12, "525.60.13"}, {13, "580.65.06"}};

	for (size_t i = 0; i < CE_COUNT(table); i++)
		if (table[i].major == cuda_major)
			return table[i].driver;
	return NULL;
}

static void driver_too_old(struct doctor *d, int major)
{
	const char *driver = minimum_driver(major);

	find(d, CCENV_PROBLEM,
		ce_arena_printf(d->a,
			"install driver %s or later, or lock CUDA %d: set \"version\" under \"cuda\" in ccenv.json and run `ccenv lock`",
			driver ? driver : "of that release", d->f->driver_major),
		"the driver supports CUDA %d.%d, and CUDA %s is locked: programs can be built, but not run on this machine",
		d->f->driver_major, d->f->driver_minor, d->f->cuda);
}

/* CUDA 11 and later: a driver runs programs of every earlier release, and those of its own major
 * release that are newer than it, as far as they bring machine code and use nothing new. */
static void check_driver(struct doctor *d)
{
	const struct ce_facts *f = d->f;
	int cuda[3];

	if (f->target) {
		find(d, CCENV_FINE, NULL,
			"programs are built for %s: what counts is the driver of that machine",
			f->target_platform);
		return;
	}
	if (f->driver_lacks)
		find(d, CCENV_WARNING, "update the driver where the programs are to run", "%s",
			f->driver_lacks);
	if (!f->driver_major) {
		find(d, f->cuda ? CCENV_NOTE : CCENV_FINE,
			f->cuda ? "install NVIDIA's driver where the programs are to run" : NULL,
			"no NVIDIA driver was found%s",
			f->cuda ? ": CUDA programs can be built, but not run on this machine" : "");
		return;
	}
	if (!f->cuda) {
		find(d, CCENV_FINE, NULL, "the driver supports CUDA %d.%d", f->driver_major,
			f->driver_minor);
		return;
	}
	numbers(f->cuda, cuda);
	if (f->driver_major < cuda[0])
		driver_too_old(d, cuda[0]);
	else if (f->driver_major == cuda[0] && f->driver_minor < cuda[1])
		find(d, CCENV_WARNING,
			"compile machine code for your GPUs (\"archs\": [\"90-real\"] under \"cuda\"), update the driver, or lock the driver's release",
			"the driver supports CUDA %d.%d, and CUDA %s is locked: by minor-version compatibility programs run, but the driver does not compile PTX of a later release, and features that need a later driver fail",
			f->driver_major, f->driver_minor, f->cuda);
	else
		find(d, CCENV_FINE, NULL, "the driver supports CUDA %d.%d, and CUDA %s is locked",
			f->driver_major, f->driver_minor, f->cuda);
}

/* "90a" is 90. */
static int arch_number(const char *arch)
{
	return (int)strtol(arch, NULL, 10);
}

static void check_gpu(struct doctor *d)
{
	const struct ce_facts *f = d->f;
	int gpu = f->gpu_major * 10 + f->gpu_minor, first, last;
	struct ce_strs known;

	if (f->target || !f->gpu_major || !f->cuda)
		return;
	known = ce_arch_list(f->cuda, d->a);
	if (!known.n)
		return;
	first = arch_number(known.items[0]);
	last = arch_number(known.items[known.n - 1]);
	if (gpu < first)
		find(d, CCENV_PROBLEM,
			"lock an earlier CUDA: CUDA 12 is the last one for GPUs before 7.5",
			"a GPU has compute capability %d.%d, and CUDA %s supports %d.%d and later",
			f->gpu_major, f->gpu_minor, f->cuda, first / 10, first % 10);
	else if (gpu > last)
		find(d, CCENV_WARNING, "lock a later CUDA, or keep PTX in what you build",
			"a GPU has compute capability %d.%d, for which CUDA %s makes no machine code; the newest it knows is %d.%d",
			f->gpu_major, f->gpu_minor, f->cuda, last / 10, last % 10);
	else
		find(d, CCENV_FINE, NULL, "compute capability %d.%d is supported by CUDA %s",
			f->gpu_major, f->gpu_minor, f->cuda);
}

/* Can what is built for the target be tried here? */
static void check_emulator(struct doctor *d)
{
	const struct ce_facts *f = d->f;

	if (!f->target)
		return;
	if (f->emulator)
		find(d, CCENV_FINE, NULL, "%s runs programs of %s here", f->emulator,
			f->target_platform);
	else
		find(d, CCENV_NOTE,
			"install qemu-user, or name an \"emulator\" of the target in ccenv.json, and run `ccenv install` again",
			"there is no emulator for %s: programs of the target \"%s\" can be built, but not run here",
			f->target_platform, f->target);
}

/* ---- the C library ---- */

static void check_glibc(struct doctor *d)
{
	const struct ce_facts *f = d->f;
	int sysroot[3];

	if (f->host_lacks)
		find_error(d, f->host_lacks);
	if (f->target && f->sysroot)
		find(d, CCENV_FINE, NULL,
			"programs for %s are linked for glibc %s, and %s is declared",
			f->target_platform, f->sysroot, f->target_glibc ? f->target_glibc : "none");
	if (!f->glibc || f->target)
		return;
	if (f->sysroot) {
		numbers(f->sysroot, sysroot);
		if (is_before(f->glibc, sysroot[0], sysroot[1], 0)) {
			find(d, CCENV_WARNING,
				ce_arena_printf(d->a,
					"build for an older one: `ccenv add 'sysroot_linux-64 <=%s'`",
					f->glibc),
				"programs are linked for glibc %s, and this machine has %s: they may not start here",
				f->sysroot, f->glibc);
			return;
		}
	}
	if (!f->host_lacks)
		find(d, CCENV_FINE, NULL,
			f->sysroot ? "glibc %s; programs are linked for %s" : "glibc %s", f->glibc,
			f->sysroot);
}

/* ---- disk and file systems ---- */

static void check_file_system(struct doctor *d, const struct ce_place *p, const char *what)
{
	const char *other = "choose another place";
	size_t before = d->ret->n;

	if (p->read_only)
		find(d, CCENV_PROBLEM, other, "%s %s cannot be written to", what, p->path);
	if (p->no_exec)
		find(d, CCENV_PROBLEM, other,
			"%s %s is on a file system that is mounted noexec: compilers there cannot be run",
			what, p->path);
	if (p->no_links)
		find(d, CCENV_PROBLEM, other,
			"%s %s is on %s, which has no symbolic links: packages cannot be installed there",
			what, p->path, p->fs);
	if (p->network)
		find(d, CCENV_WARNING,
			"a local disk is faster, and its locks hold: --root for the build tree, CCENV_CACHE_DIR for the cache",
			"%s %s is on a network file system (%s)", what, p->path, p->fs);
	if (d->ret->n == before)
		find(d, CCENV_FINE, NULL, "%s %s", what, p->path);
}

/* An archive unpacks to about three times its size; both are in the cache for a while. */
static uint64_t needed(const struct ce_facts *f, bool is_cache)
{
	bool linked =
		f->places[0].path && f->places[1].path && f->places[0].dev == f->places[1].dev;

	if (is_cache)
		return f->locked_bytes * 4;
	return linked ? 0 : f->locked_bytes * 3;
}

static void check_disk(struct doctor *d, const struct ce_place *p, const char *what, uint64_t need)
{
	const char *cure = "make room (`ccenv clean --older-than 30d`), or choose another place";
	double gib = 1024.0 * 1024 * 1024;

	if (p->free_bytes < need / 4)
		find(d, CCENV_PROBLEM, cure, "%s %s has %.1f GiB left, and needs about %.1f GiB",
			what, p->path, (double)p->free_bytes / gib, (double)need / gib);
	else if (p->free_bytes < need)
		find(d, CCENV_WARNING, cure, "%s %s has %.1f GiB left, and may need up to %.1f GiB",
			what, p->path, (double)p->free_bytes / gib, (double)need / gib);
	else if (need && p->free_files < 100000)
		find(d, CCENV_WARNING, cure, "%s %s has room for %llu files only", what, p->path,
			(unsigned long long)p->free_files);
	else
		find(d, CCENV_FINE, NULL, "%s has %.1f GiB left", what,
			(double)p->free_bytes / gib);
}

static void check_places(struct doctor *d)
{
	static const char *const what[] = {"the build tree", "the cache"};
	const struct ce_place *places = d->f->places;

	d->check = "file-system";
	for (size_t i = 0; i < CE_COUNT(what); i++)
		if (places[i].path)
			check_file_system(d, &places[i], what[i]);
	if (places[0].path && places[1].path && places[0].dev != places[1].dev)
		find(d, CCENV_NOTE,
			"put both on one file system: --cache-dir, CCENV_CACHE_DIR or --root",
			"build tree and cache are on two file systems: packages are copied, not linked");
	d->check = "disk";
	for (size_t i = 0; i < CE_COUNT(what); i++)
		if (places[i].path)
			check_disk(d, &places[i], what[i],
				d->f->root == CE_ROOT_READY ? 0 : needed(d->f, i == 1));
	d->check = "cache";
	if (d->f->cache_shared)
		find_error(d, d->f->cache_shared);
	else if (places[1].path)
		find(d, CCENV_FINE, NULL, "%s",
			d->f->cache_accepted ? "a cache that others can write to is accepted"
					     : "only you can write to the cache");
}

/* ---- the environment ---- */

static const struct {
	const char *name, *effect;
} hostile[] = {
	{"LD_LIBRARY_PATH", "programs load other libraries than they were linked with"},
	{"LD_PRELOAD", "every program loads that library first"},
	{"CPATH", "gcc finds the headers there before the toolchain's"},
	{"C_INCLUDE_PATH", "gcc finds the headers there, too"},
	{"CPLUS_INCLUDE_PATH", "g++ finds the headers there, too"},
	{"LIBRARY_PATH", "the linker finds the libraries there, too"},
	{"COMPILER_PATH", "gcc looks for its own programs there"},
	{"GCC_EXEC_PREFIX", "gcc looks for its own files there"},
	{"NVCC_PREPEND_FLAGS", "nvcc adds these flags to every command"},
	{"NVCC_APPEND_FLAGS", "nvcc adds these flags to every command, and they win"},
	{"NVCC_CCBIN", "nvcc takes this host compiler"},
	{"CUDAFLAGS", "CMake puts these flags into the cache of a new build tree"},
	{"CUDAHOSTCXX", "CMake takes this host compiler"},
	{"CUDACXX", "CMake takes this nvcc"},
	{"CUDA_PATH", "CMake and makefiles take libraries from there"},
	{"CUDA_HOME", "Meson and makefiles take the toolkit there"},
	{"CUDAToolkit_ROOT", "CMake takes libraries from there"},
	{"CMAKE_TOOLCHAIN_FILE", "CMake takes this toolchain"},
	{"PKG_CONFIG_PATH", "pkg-config finds other libraries first"},
};

const char *ce_hostile_variable(size_t i)
{
	return i < CE_COUNT(hostile) ? hostile[i].name : NULL;
}

static void check_variables(struct doctor *d)
{
	for (size_t i = 0; i < CE_COUNT(hostile); i++)
		if (ce_strs_has(d->f->variables, hostile[i].name))
			find(d, CCENV_WARNING,
				ce_arena_printf(d->a,
					/* `ccenv run` leaves these as they are. */
					ce_has_prefix(hostile[i].name, "LD_")
						? "unset %s"
						: "unset %s, or build under `ccenv run`",
					hostile[i].name),
				"%s is set: %s", hostile[i].name, hostile[i].effect);
	if (!d->f->variables.n)
		find(d, CCENV_FINE, NULL, "no variable is set that changes a build");
}

static void check_cmake(struct doctor *d)
{
	const char *v = d->f->cmake;
	int n[3];

	if (!v) {
		find(d, CCENV_NOTE, "`apt-get install cmake`, or use Make or Meson",
			"there is no cmake in PATH");
		return;
	}
	numbers(v, n);
	if (is_before(v, 3, 22, 0))
		find(d, CCENV_PROBLEM, "install CMake 3.22 or later",
			"CMake %s is too old for the toolchain file", v);
	else if (n[0] == 3 && n[1] == 25 && n[2] == 0)
		find(d, CCENV_PROBLEM, "install CMake 3.25.1 or later",
			"CMake 3.25.0 has a broken FindCUDAToolkit");
	else
		find(d, CCENV_FINE, NULL, "CMake %s", v);
}

static void check_toolkits(struct doctor *d)
{
	struct ce_strs found = d->f->toolkits;

	for (size_t i = 0; i < found.n; i++) {
		/* What the system's gcc looks at by itself. */
		bool hard = ce_has_prefix(found.items[i], "/usr/include/") && !d->f->has_gcc;

		find(d, hard ? CCENV_WARNING : CCENV_NOTE,
			hard ? "remove that package, or let ccenv bring gcc: leave \"nvcc\" in \"components\""
			     : "nothing, with ccenv's files; remove it if other builds find it by mistake",
			hard ? "%s belongs to a CUDA of the system, and the system's gcc finds it by itself"
			     : "%s belongs to a CUDA of the system; ccenv's build files do not look there",
			found.items[i]);
	}
	if (!found.n)
		find(d, CCENV_FINE, NULL, "the system has no CUDA toolkit of its own");
}

/* ---- the project ---- */

static void check_project(struct doctor *d)
{
	const struct ce_facts *f = d->f;
	const char *install;

	d->check = "project";
	if (f->untrusted) {
		find_error(d, f->untrusted);
		return;
	}
	if (!f->manifest) {
		find(d, CCENV_NOTE, "`ccenv init --cuda 13.0` makes one",
			"there is no ccenv.json here or in a parent directory");
		return;
	}
	find(d, CCENV_FINE, NULL, "%s", f->manifest);
	d->check = "lock";
	if (!f->lock)
		find(d, CCENV_PROBLEM, "`ccenv lock`", "there is no lock yet");
	else if (f->unlocked)
		find(d, CCENV_PROBLEM, "`ccenv lock`, and commit the result", "%s", f->unlocked);
	else
		find(d, CCENV_FINE, NULL, "%s answers the manifest", f->lock);
	d->check = "root";
	install = f->target ? ce_arena_printf(d->a, "`ccenv install --target %s`", f->target)
			    : "`ccenv install`";
	if (f->root == CE_ROOT_NONE)
		find(d, CCENV_NOTE, install, "nothing is installed yet");
	else if (f->root == CE_ROOT_STALE)
		find(d, CCENV_PROBLEM, install,
			"what is installed in %s is not what is locked, or was changed since",
			f->places[0].path);
	else
		find(d, CCENV_FINE, NULL, "%s is as it was installed", f->places[0].path);
}

void ce_diagnose(const struct ce_facts *f, struct ce_arena *a, struct ccenv_diagnoses *ret)
{
	struct doctor d = {.f = f, .a = a, .ret = ret};
	const struct {
		const char *name;
		void (*run)(struct doctor *d);
	} checks[] = {
		{"project", check_project}, /* and lock, root */
		{"driver", check_driver},
		{"gpu", check_gpu},
		{"glibc", check_glibc},
		{"emulator", check_emulator},
		{"file-system", check_places}, /* and disk, cache */
		{"variables", check_variables},
		{"cmake", check_cmake},
		{"toolkit", check_toolkits},
	};

	ret->items = ce_arena_array(a, FINDINGS_MAX, sizeof(*ret->items));
	ret->n = 0;
	ret->worst = CCENV_FINE;
	for (size_t i = 0; i < CE_COUNT(checks); i++) {
		d.check = checks[i].name;
		checks[i].run(&d);
	}
}
