/* SPDX-License-Identifier: MIT */
/* ccenv_rebuild_check(): builds a second time under other circumstances and says what differs, and why. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/project.h"
#include "api/rebuild.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/os.h"
#include "base/path.h"
#include "model/layout.h"

struct check {
	struct ccenv *c;
	const struct ccenv_rebuild_options *o;
	struct ccenv_error *err;
	struct ce_arena arena;
	char *work; /* of this run, removed at its end */
	struct ce_build builds[2];
	struct ce_variation variation;
	struct ce_strs files[2]; /* the artefacts */
	struct ce_differences differences;
	const char **different; /* artefacts that are not the same */
	size_t n_different, n_artefacts;
	const char *report;
};

static void check_release(struct check *k)
{
	struct ccenv_error ignored;

	if (k->work)
		ce_ignore(
			ce_fs_remove_tree(k->work, &ignored)); /* it is in the directory for such */
	free(k->work);
	free(k->different);
	ce_differences_release(&k->differences);
	ce_arena_release(&k->variation.arena);
	ce_arena_release(&k->arena);
}

static const char *in_work(struct check *k, const char *name)
{
	return ce_arena_printf(&k->arena, "%s/%s", k->work, name);
}

static const char *real_dir(struct check *k, const char *path)
{
	CE_AUTOFREE char *real = realpath(path, NULL);

	return real && ce_fs_is_dir(real) ? ce_arena_strdup(&k->arena, real) : NULL;
}

/* ---- the places and circumstances of the two builds ---- */

static int make_work(struct check *k)
{
	const char *tmp = k->c->getenv_fn("TMPDIR");
	CE_AUTOFREE char *real = realpath(tmp && *tmp ? tmp : "/tmp", NULL);
	int r;

	if (!real)
		return ce_fail_errno(k->err, errno, "no directory for temporary files");
	k->work = ce_asprintf("%s/ccenv-rebuild.XXXXXX", real);
	if (!mkdtemp(k->work)) {
		ce_freep(&k->work);
		return ce_fail_errno(k->err, errno, "cannot make a directory in %s", real);
	}
	r = ce_fs_mkdirs(in_work(k, "home"), k->err);
	return r < 0 ? r : ce_fs_mkdirs(in_work(k, "tmp"), k->err);
}

/* What the environment says, as programs take it. */
static const char *locale_of(const struct ccenv *c)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < CE_COUNT(names); i++) {
		const char *value = c->getenv_fn(names[i]);

		if (value && *value)
			return value;
	}
	return "C";
}

static void describe_first(struct check *k)
{
	struct ce_build *b = &k->builds[0];
	char text[4096];
	struct passwd entry, *user = NULL;
	const char *home = k->c->getenv_fn("HOME"), *name = k->c->getenv_fn("USER");
	const char *tmp = k->c->getenv_fn("TMPDIR");
	char host[256] = ""; /* POSIX: no name is longer than 255 */

	if (getpwuid_r(geteuid(), &entry, text, sizeof(text), &user) != 0)
		user = NULL;
	gethostname(host, sizeof(host) - 1);
	b->home = ce_arena_strdup(&k->arena, home && home[0] == '/' && home[1] ? home : "");
	b->user = ce_arena_strdup(&k->arena, user ? user->pw_name : name ? name : "");
	b->host = ce_arena_strdup(&k->arena, host);
	b->tmp = ce_arena_strdup(&k->arena, tmp ? tmp : "");
	b->locale = ce_arena_strdup(&k->arena, locale_of(k->c));
	b->uid = geteuid();
	b->umask = umask(0);
	umask((mode_t)b->umask);
	b->cores = ce_os_processors();
	k->builds[1].home = in_work(k, "home");
	k->builds[1].tmp = in_work(k, "tmp");
}

/* Before the second build. */
static void vary(struct check *k, enum ce_nvcc nvcc)
{
	ce_variation_find(k->c, &k->builds[0], nvcc, &k->variation, &k->builds[1]);
	/* Without libfaketime at least the second is another one. */
	if (!k->variation.faketime)
		sleep(1);
}

/* The nvcc of a root, of which there may be none. */
static enum ce_nvcc root_nvcc(const char *root)
{
	CE_AUTOFREE char *pattern = ce_path_join(root ? root : "/nowhere", "view/*/bin/nvcc");
	enum ce_nvcc found = CE_NVCC_OF_ANOTHER;
	glob_t views;

	if (glob(pattern, 0, NULL, &views) == 0) {
		found = CE_NVCC_OF_VIEW;
		for (size_t i = 0; i < views.gl_pathc; i++)
			if (!ce_nvcc_drops_faketime(views.gl_pathv[i]))
				found = CE_NVCC_OF_ANOTHER;
	}
	globfree(&views);
	return found;
}

/* ---- CMake ---- */

/* How much of two paths is the same, up to a slash. */
static size_t common_dir(const char *a, const char *b)
{
	size_t n = 0, slash = 0;

	for (; a[n] && a[n] == b[n]; n++)
		if (a[n] == '/')
			slash = n;
	if ((!a[n] && (b[n] == '/' || !b[n])) || (!b[n] && a[n] == '/'))
		return n;
	return slash;
}

/* Source and build directory of the second build lie to each other as those of the first. */
static void place_second(struct check *k)
{
	const struct ce_build *a = &k->builds[0];
	size_t n = common_dir(a->source, a->dir);
	/* The name of the source directory stays when the other is in it. */
	const char *base = a->source[n] ? "" : ce_path_base(a->source);

	k->builds[1].source = ce_arena_printf(&k->arena, "%s/a-second/place%s%s%s", k->work,
		*base ? "/" : "", base, a->source + n);
	k->builds[1].dir = ce_arena_printf(
		&k->arena, "%s/a-second/place%s%s%s", k->work, *base ? "/" : "", base, a->dir + n);
}

static int cmake_first(struct check *k, const struct ce_cmake_build *b)
{
	const char *const argv[] = {
		b->command ? b->command : "cmake", "--build", k->builds[0].dir, NULL};
	CE_AUTOFREE char *cache = ce_path_join(k->builds[0].dir, "CMakeCache.txt");
	struct stat st;

	/* It may have been built at any time since it was configured. */
	if (stat(cache, &st) == 0)
		k->builds[0].from = st.st_mtim.tv_sec;
	return ce_rebuild_run(
		argv, k->builds[0].source, in_work(k, "first.log"), NULL, &k->builds[0], k->err);
}

static int cmake_second(struct check *k, struct ce_cmake_build *b)
{
	const char *cmake = b->command ? b->command : "cmake";
	const char **argv = ce_calloc(b->options.n + 8, sizeof(*argv));
	const char *log = in_work(k, "second.log");
	const char *build[] = {cmake, "--build", k->builds[1].dir, NULL};
	size_t n = 0;
	int r;

	argv[n++] = cmake;
	argv[n++] = "-S";
	argv[n++] = k->builds[1].source;
	argv[n++] = "-B";
	argv[n++] = k->builds[1].dir;
	argv[n++] = "-G";
	argv[n++] = b->generator;
	for (size_t i = 0; i < b->options.n; i++)
		argv[n++] = b->options.items[i];
	r = ce_rebuild_run(argv, k->builds[1].source, log, &k->variation, &k->builds[1], k->err);
	free(argv);
	if (r < 0)
		return r;
	return ce_rebuild_run(
		build, k->builds[1].source, log, &k->variation, &k->builds[1], k->err);
}

/* A build directory that nobody named: its cache says which programs run. */
static int check_owner(struct check *k, const char *dir)
{
	CE_AUTOFREE char *cache = ce_path_join(dir, "CMakeCache.txt");

	return ce_trust_check_owner(k->c, cache, "the build directory", dir, k->err);
}

static int find_cmake(struct check *k, struct ce_cmake_build *b)
{
	const char *dir = k->o->build_dir ? k->o->build_dir : ".";
	int r;

	k->builds[0].dir = real_dir(k, dir);
	if (!k->builds[0].dir)
		return ce_fail(k->err, CCENV_ENOTFOUND, "%s: there is no such directory", dir);
	r = k->o->build_dir ? 0 : check_owner(k, k->builds[0].dir);
	if (r >= 0)
		r = ce_cmake_read(k->builds[0].dir, b, k->err);
	if (r < 0)
		return r;
	k->builds[0].source = real_dir(k, b->source);
	if (!k->builds[0].source)
		return ce_fail(k->err, CCENV_ENOTFOUND, "%s no longer exists", b->source);
	return 0;
}

/* The toolchain file of a root is ROOT/toolchain/NAME.cmake. sccache starts NVIDIA's compilers itself. */
static enum ce_nvcc cmake_nvcc(const struct ce_cmake_build *b)
{
	CE_AUTOFREE char *dir = b->toolchain ? ce_path_dir(b->toolchain) : NULL;
	CE_AUTOFREE char *root = dir ? ce_path_dir(dir) : NULL;

	if (!b->cuda)
		return CE_NVCC_NONE;
	return b->sccache ? CE_NVCC_OF_ANOTHER : root_nvcc(root);
}

static int both_cmake(struct check *k, struct ce_cmake_build *b)
{
	int r = find_cmake(k, b);

	if (r < 0)
		return r;
	if (strcmp(k->builds[0].source, k->builds[0].dir) == 0)
		return ce_fail(k->err, CCENV_EUSAGE,
			"%s was configured in its own sources, which cannot be copied without what was built; use ccenv rebuild-check -- sh -c 'cmake . && cmake --build .' in a clean checkout",
			k->builds[0].dir);
	place_second(k);
	ce_log(&k->c->events, CCENV_LOG_NOTICE, "Bringing %s up to date", k->builds[0].dir);
	r = cmake_first(k, b);
	if (r >= 0)
		r = ce_sources_copy(
			k->c, k->builds[0].source, k->builds[1].source, k->builds[0].dir, k->err);
	if (r >= 0)
		r = ce_cmake_options(b, k->builds[0].dir, k->builds[1].source, k->err);
	if (r < 0)
		return r;
	vary(k, cmake_nvcc(b));
	ce_log(&k->c->events, CCENV_LOG_NOTICE, "Building a second time in %s", k->work);
	r = cmake_second(k, b);
	for (int i = 0; r >= 0 && i < 2; i++)
		r = ce_artefacts_find(k->builds[i].dir, NULL, &k->arena, &k->files[i], k->err);
	return r;
}

static int compare_cmake(struct check *k)
{
	struct ce_cmake_build b = {0};
	int r = both_cmake(k, &b);

	ce_cmake_release(&b);
	return r;
}

/* ---- a command ---- */

static const char *behind(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

/* A root in the sources is not copied: it is installed there as it is here. */
static int install_root(struct check *k, const char *source, const char *copy)
{
	struct ccenv *c = k->c;
	CE_AUTOFREE char *stamp = ce_layout_stamp(c->root, NULL);
	CE_AUTOFREE char *self = realpath("/proc/self/exe", NULL);
	CE_AUTOFREE char *root = realpath(c->root, NULL);
	CE_AUTOFREE char *manifest = c->manifest_path ? realpath(c->manifest_path, NULL) : NULL;
	struct ce_build none = {0};

	if (!self || !root || !manifest || !ce_fs_exists(stamp) || !behind(root, source) ||
		!behind(manifest, source))
		return 0;
	const char *const argv[] = {self, "install", "--frozen", "--quiet", "--root",
		ce_arena_printf(&k->arena, "%s%s", copy, behind(root, source)), "--manifest",
		ce_arena_printf(&k->arena, "%s%s", copy, behind(manifest, source)), NULL};

	return ce_rebuild_run(argv, copy, in_work(k, "install.log"), NULL, &none, k->err);
}

static int run_command(struct check *k, int i, const char *source, const char *below)
{
	struct ce_build *b = &k->builds[i];
	CE_CLEANUP(ce_map_release) struct ce_map before = {0};
	int r = ce_sources_copy(k->c, source, b->source, NULL, k->err);

	if (r >= 0)
		r = install_root(k, source, b->source);
	b->dir = ce_arena_printf(&k->arena, "%s%s%s", b->source, *below ? "/" : "", below);
	if (r >= 0 && ce_fs_is_dir(b->dir))
		r = ce_artefacts_state(b->dir, &k->arena, &before, k->err);
	if (r < 0)
		return r;
	ce_log(&k->c->events, CCENV_LOG_NOTICE, "Building the %s time in %s",
		i ? "second" : "first", b->source);
	r = ce_rebuild_run(k->o->argv, b->source, in_work(k, i ? "second.log" : "first.log"),
		i ? &k->variation : NULL, b, k->err);
	if (r < 0)
		return r;
	if (!ce_fs_is_dir(b->dir))
		return ce_fail(k->err, CCENV_EDATA, "the build made no directory %s", below);
	r = ce_artefacts_find(b->dir, &before, &k->arena, &k->files[i], k->err);
	if (r >= 0 && i == 0 && k->files[0].n == 0)
		return ce_fail(k->err, CCENV_EDATA,
			"%s made no file in a copy of %s: either it builds elsewhere, or what was built there before was copied with the sources; in a git repository only files that git does not ignore are copied, elsewhere clean the tree first",
			k->o->argv[0], source);
	return r;
}

/* Is there CUDA code? When in doubt there is. */
static bool has_cuda(struct check *k, const char *source)
{
	CE_CLEANUP(ce_map_release) struct ce_map files = {0};
	struct ccenv_error ignored;

	if (ce_artefacts_state(source, &k->arena, &files, &ignored) < 0)
		return true;
	for (size_t i = 0; i < files.n; i++)
		if (ce_has_suffix(files.entries[i].key, ".cu"))
			return true;
	return false;
}

static int compare_command(struct check *k)
{
	const char *source = real_dir(k, "."), *below = "";
	int r = 0;

	if (!source)
		return ce_fail_errno(k->err, errno, "the working directory");
	if (k->o->build_dir) {
		CE_AUTOFREE char *joined = ce_path_join(source, k->o->build_dir);
		CE_AUTOFREE char *plain = ce_path_absolute(joined);
		const char *rest = behind(plain, source);

		if (!rest)
			return ce_fail(k->err, CCENV_EUSAGE,
				"%s is not below this directory, of which the command gets a copy",
				k->o->build_dir);
		below = ce_arena_strdup(&k->arena, rest + (*rest == '/'));
	}
	k->builds[0].source =
		ce_arena_printf(&k->arena, "%s/first/%s", k->work, ce_path_base(source));
	k->builds[1].source =
		ce_arena_printf(&k->arena, "%s/a-second/place/%s", k->work, ce_path_base(source));
	for (int i = 0; r >= 0 && i < 2; i++) {
		if (i)
			vary(k, !has_cuda(k, source) ? CE_NVCC_NONE : root_nvcc(k->c->root));
		r = run_command(k, i, source, below);
	}
	return r;
}

/* ---- comparing ---- */

struct mapped {
	unsigned char *data;
	size_t size;
};

static void unmap(struct mapped *m)
{
	if (m->data)
		munmap(m->data, m->size);
}

static int map_file(struct check *k, const char *dir, const char *rel, struct mapped *ret)
{
	CE_AUTOFREE char *path = ce_path_join(dir, rel);
	CE_CLEANUP(ce_fs_closep) int fd = ce_fs_open_file(AT_FDCWD, path, O_NOFOLLOW);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return ce_fail_errno(k->err, errno, "cannot read %s", path);
	if (st.st_size == 0)
		return 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return ce_fail_errno(k->err, errno, "cannot read %s", path);
	*ret = (struct mapped){data, (size_t)st.st_size};
	return 0;
}

static void mark_different(struct check *k, const char *rel)
{
	k->different[k->n_different++] = rel;
}

static int compare_file(struct check *k, const char *rel)
{
	CE_CLEANUP(unmap) struct mapped a = {0};
	CE_CLEANUP(unmap) struct mapped b = {0};
	int r = map_file(k, k->builds[0].dir, rel, &a);

	if (r >= 0)
		r = map_file(k, k->builds[1].dir, rel, &b);
	if (r < 0 || (a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0)))
		return r;
	mark_different(k, rel);
	ce_compare_bytes(k->builds, rel,
		(const unsigned char *const[2]){a.size ? a.data : (const unsigned char *)"",
			b.size ? b.data : (const unsigned char *)""},
		(const size_t[2]){a.size, b.size}, &k->differences);
	return 0;
}

static void note_missing(struct check *k, const char *rel, int has)
{
	const struct ce_difference d = {.artefact = rel,
		.section = "",
		.symbol = "",
		.first = has == 0 ? "there" : "not there",
		.second = has == 1 ? "there" : "not there",
		.cause = CE_CAUSE_MISSING};

	mark_different(k, rel);
	ce_difference_add(&k->differences, &d);
}

/* Both lists are sorted. */
static int compare_all(struct check *k)
{
	size_t i = 0, j = 0;
	int r = 0;

	k->different = ce_calloc(k->files[0].n + k->files[1].n + 1, sizeof(*k->different));
	while (r >= 0 && (i < k->files[0].n || j < k->files[1].n)) {
		int order = i == k->files[0].n ? 1
			    : j == k->files[1].n
				    ? -1
				    : strcmp(k->files[0].items[i], k->files[1].items[j]);

		k->n_artefacts++;
		if (order < 0)
			note_missing(k, k->files[0].items[i++], 0);
		else if (order > 0)
			note_missing(k, k->files[1].items[j++], 1);
		else {
			r = compare_file(k, k->files[0].items[i++]);
			j++;
		}
	}
	if (r >= 0 && k->n_artefacts == 0)
		return ce_fail(k->err, CCENV_EDATA,
			"there is nothing to compare: the builds made no file in %s",
			k->builds[0].dir);
	return r;
}

/* A failure to report is no failure of the check. */
static void make_report(struct check *k)
{
	const char *dir = k->o->report_dir;
	const struct ce_strs different = {k->different, k->n_different};
	CE_AUTOFREE char *absolute = NULL;
	struct ccenv_error failed;

	if (!k->n_different)
		return;
	if (!dir)
		dir = k->o->argv ? "ccenv-rebuild-check"
				 : ce_arena_printf(
					   &k->arena, "%s/ccenv-rebuild-check", k->builds[0].dir);
	absolute = ce_path_absolute(dir);
	if (ce_rebuild_report(absolute, k->builds, different, &k->arena, &k->report, &failed) < 0)
		ce_log(&k->c->events, CCENV_LOG_WARNING, "%s", failed.text);
}

/* ---- the result ---- */

static int by_cause(const void *a, const void *b)
{
	const struct ce_difference *x = a, *y = b;
	int order = (int)x->cause - (int)y->cause;

	if (order == 0)
		order = strcmp(x->artefact, y->artefact);
	return order ? order : strcmp(x->section, y->section);
}

static const char *const *copy_texts(struct ce_arena *a, const char *const *list, size_t n)
{
	const char **copy = ce_arena_array(a, n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = ce_arena_strdup(a, list[i]);
	return copy;
}

static void fill(struct check *k, struct ccenv_rebuild *ret)
{
	struct ce_arena *a = ce_owner_new();
	const struct ce_variation *v = &k->variation;
	struct ce_differences *d = &k->differences;

	*ret = (struct ccenv_rebuild){.owner = a,
		.n_artefacts = k->n_artefacts,
		.n_different = k->n_different,
		.report = ce_arena_strdup(a, k->report),
		.n_varied = v->n_varied,
		.n_not_varied = v->n_not_varied};
	ret->varied = copy_texts(a, v->varied, v->n_varied);
	ret->not_varied = copy_texts(a, v->not_varied, v->n_not_varied);
	ret->findings = ce_arena_array(a, d->n + 1, sizeof(*ret->findings));
	if (d->n)
		qsort(d->items, d->n, sizeof(*d->items), by_cause);
	for (size_t i = 0; i < d->n; i++) {
		const struct ce_difference *x = &d->items[i];
		const struct ce_cause_row *row = &ce_causes[x->cause];

		ret->findings[ret->n_findings++] =
			(struct ccenv_rebuild_finding){.artefact = ce_arena_strdup(a, x->artefact),
				.section = ce_arena_strdup(a, x->section),
				.symbol = ce_arena_strdup(a, x->symbol),
				.cause = row->name,
				.title = row->title,
				.cure = row->cure,
				.first = ce_arena_strdup(a, x->first),
				.second = ce_arena_strdup(a, x->second)};
	}
}

int ccenv_rebuild_check(struct ccenv *c, const struct ccenv_rebuild_options *o,
	struct ccenv_rebuild *ret, struct ccenv_error *err)
{
	CE_CLEANUP(check_release) struct check k = {.c = c, .o = o, .err = err};
	int r = make_work(&k);

	if (r < 0)
		return r;
	describe_first(&k);
	r = o->argv ? compare_command(&k) : compare_cmake(&k);
	if (r >= 0)
		r = compare_all(&k);
	if (r < 0)
		return r;
	make_report(&k);
	fill(&k, ret);
	return 0;
}

void ccenv_rebuild_free(struct ccenv_rebuild *rebuild)
{
	ce_owner_free(rebuild->owner);
	*rebuild = (struct ccenv_rebuild){0};
}
