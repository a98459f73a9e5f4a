/* SPDX-License-Identifier: MIT */
/* fetch/ and install/ together, over file:// packages made here: what stands in the prefix, and
 * what damage does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "cache/clean.h"
#include "cache/layout.h"
#include "ccenv/ccenv.h"
#include "fetch/fetch.h"
#include "install/install.h"
#include "install/record.h"
#include "pack.h"

enum {
	PKGS_MAX = 8
};

/* A channel, a cache and a prefix in a scratch directory; talk is collected. */
struct fixture {
	char dir[64];
	struct ce_arena arena;
	struct ce_pkg pkgs[PKGS_MAX];
	const struct ce_pkg *list[PKGS_MAX];
	size_t n;
	struct ce_buf log;
	struct ccenv_events events;
	struct ccenv_progress last[6]; /* of each phase */
	unsigned n_progress[6];
	char *cache, *prefix, *channel;
	struct ccenv_error err;
};

static void keep_log(void *user, enum ccenv_level level, const char *text)
{
	struct fixture *f = user;

	if (level <= CCENV_LOG_WARNING)
		ce_buf_addf(&f->log, "%s\n", text);
}

/* Nothing goes back, and nothing is more than all. */
static void keep_progress(void *user, const struct ccenv_progress *p)
{
	struct fixture *f = user;
	const struct ccenv_progress *last = &f->last[p->phase];

	if (p->items_done > p->items_total || p->bytes_done > p->bytes_total ||
		p->bytes_here > p->bytes_total ||
		(last->items_done < last->items_total && p->bytes_done < last->bytes_done))
		ce_buf_addf(&f->log, "progress of phase %d makes no sense\n", (int)p->phase);
	f->last[p->phase] = *p;
	f->last[p->phase].item = NULL;
	f->n_progress[p->phase]++;
}

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static int setup(void **state)
{
	struct fixture *f = ce_calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/ccenv-test-install-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->events = (struct ccenv_events){.user = f, .log = keep_log, .progress = keep_progress};
	f->cache = ce_path_join(f->dir, "cache");
	f->prefix = ce_path_join(f->dir, "build/env");
	f->channel = ce_path_join(f->dir, "channel");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r = ce_fs_remove_tree(f->dir, &f->err);

	ce_arena_release(&f->arena);
	ce_buf_release(&f->log);
	free(f->cache);
	free(f->prefix);
	free(f->channel);
	free(f);
	return r;
}

static struct ce_pkg *add(struct fixture *f, const struct pack_package *p)
{
	struct ce_pkg *pkg = &f->pkgs[f->n];

	pack_package(f->channel, p, &f->arena, pkg);
	f->list[f->n++] = pkg;
	return pkg;
}

static int fetch(struct fixture *f)
{
	struct ce_fetch_options o = {.cache_dir = f->cache,
		.check = CE_FETCH_CHECK_FILES,
		.getenv_fn = no_env,
		.events = &f->events};
	struct ccenv_progress *last = &f->last[CCENV_PHASE_FETCH];
	int r;

	*last = (struct ccenv_progress){0};
	r = ce_fetch(f->list, f->n, &o, &f->err);
	/* "Fetch: 1 package" is said of what is there, never before an error. */
	if (r < 0)
		assert_false(last->items_total > 0 && last->items_done == last->items_total);
	return r;
}

static int install(struct fixture *f)
{
	struct ce_install_options o = {
		.cache_dir = f->cache, .prefix = f->prefix, .events = &f->events};

	return ce_install(f->list, f->n, &o, &f->err);
}

static int verify_at(struct fixture *f, const char *prefix)
{
	const struct ce_verify_options o = {.pkgs = f->list,
		.n_pkgs = f->n,
		.cache_dir = f->cache,
		.threads = 1,
		.events = &f->events};

	return ce_install_verify(prefix, &o, &f->err);
}

static int verify(struct fixture *f)
{
	return verify_at(f, f->prefix);
}

static bool is_current(struct fixture *f)
{
	struct ce_install_options o = {.cache_dir = f->cache, .prefix = f->prefix};

	return ce_install_is_current(f->list, f->n, &o);
}

static void both(struct fixture *f)
{
	if (fetch(f) < 0 || install(f) < 0)
		fail_msg("%s", f->err.text);
}

static void check_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		assert_string_equal(text, part);
}

static char *in_prefix(const struct fixture *f, const char *name)
{
	return ce_path_join(f->prefix, name);
}

static void check_file(const struct fixture *f, const char *name, const char *expected, mode_t mode)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
	CE_AUTOFREE char *path = in_prefix(f, name);
	struct ccenv_error err;
	struct stat st;

	if (ce_fs_read(path, 1 << 20, &data, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(ce_buf_str(&data), expected);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	/* Who may write is another question: see check_writable(). */
	assert_int_equal(st.st_mode & 07777 & ~S_IWUSR, mode & ~S_IWUSR);
}

/* A file of the prefix's own can be copied again over its copy; one that the cache has, too, must
 * not be edited. */
static void check_writable(const struct fixture *f, const char *name)
{
	CE_AUTOFREE char *path = in_prefix(f, name);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal((st.st_mode & S_IWUSR) != 0, st.st_nlink == 1);
}

static void check_absent(const struct fixture *f, const char *name)
{
	CE_AUTOFREE char *path = in_prefix(f, name);

	assert_false(ce_fs_exists(path));
}

static json_t *read_record(const struct fixture *f, const char *name)
{
	CE_AUTOFREE char *path = in_prefix(f, name);
	struct ccenv_error err;
	json_t *o = NULL;

	if (ce_json_read(path, 1 << 20, &o, &err) < 0)
		fail_msg("%s", err.text);
	return o;
}

static const char *field(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* All kinds of paths in one package, in both formats. */
static void check_kinds(struct fixture *f, bool bz2)
{
	static const struct pack_entry files[] = {
		{.path = "bin/tool",
			.data = "#!/placeho/bin/sh\nexec /placeho/lib\n",
			.mode = 0755},
		{.path = "lib/data with space", .data = "plain"},
		{.path = "lib/link", .target = "data with space"},
		{.path = "lib/dangling", .target = "../elsewhere/x"},
		{.path = "lib/dir", .target = "."},
		{.path = "etc/empty", .dir = true},
		{0},
	};
	CE_AUTOFREE char *tool = NULL;
	CE_AUTOFREE char *link = in_prefix(f, "lib/dangling");
	CE_AUTOFREE char *empty = in_prefix(f, "etc/empty");
	char target[64] = "";

	add(f, &(struct pack_package){
		       .name = "kinds", .files = files, .placeholder = "/placeho", .bz2 = bz2});
	both(f);
	tool = ce_asprintf("#!%s/bin/sh\nexec %s/lib\n", f->prefix, f->prefix);
	check_file(f, "bin/tool", tool, 0555);
	check_writable(f, "bin/tool");
	check_writable(f, "lib/data with space");
	check_file(f, "lib/data with space", "plain", 0444);
	assert_true(readlink(link, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "../elsewhere/x");
	assert_true(ce_fs_is_dir(empty));
	check_absent(f, "info");
	assert_string_equal(ce_buf_str(&f->log), "");
}

static void test_kinds_conda(void **state)
{
	check_kinds(*state, false);
}

static void test_kinds_bz2(void **state)
{
	check_kinds(*state, true);
}

/* The cache keeps the packaged bytes, whatever becomes of them in a prefix. */
static void test_cache_is_not_edited(void **state)
{
	static const struct pack_entry files[] = {{.path = "f", .data = "/placeho\n"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(
		f, &(struct pack_package){.name = "a", .files = files, .placeholder = "/placeho"});
	CE_AUTOFREE char *entry = ce_cache_entry(f->cache, pkg->sha256);
	CE_AUTOFREE char *cached = ce_path_join(entry, "f");
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};

	both(f);
	assert_int_equal(ce_fs_read(cached, 100, &data, &f->err), 0);
	assert_string_equal(data.data, "/placeho\n");
}

static void test_record(void **state)
{
	static const struct pack_entry files[] = {
		{.path = "bin/a", .data = "x/placeho"}, {.path = "l", .target = "bin/a"}, {0}};
	struct fixture *f = *state;
	const char *specs[] = {"a >=1", "channel::a", "ab[build='x']"};
	struct ce_install_options o = {
		.cache_dir = f->cache, .prefix = f->prefix, .requested = specs, .n_requested = 3};
	struct ce_pkg *pkg = add(
		f, &(struct pack_package){.name = "a", .files = files, .placeholder = "/placeho"});
	CE_CLEANUP(ce_json_decrefp) json_t *r = NULL;
	json_t *path;

	assert_int_equal(fetch(f), 0);
	assert_int_equal(ce_install(f->list, f->n, &o, &f->err), 0);
	r = read_record(f, "conda-meta/a-1.0-0.json");
	assert_string_equal(field(r, "name"), "a");
	assert_string_equal(field(r, "fn"), "a-1.0-0.conda");
	assert_string_equal(field(r, "url"), pkg->url);
	assert_string_equal(field(r, "sha256"), pkg->sha256);
	assert_string_equal(field(r, "requested_spec"), "a >=1");
	assert_int_equal(json_array_size(json_object_get(r, "requested_specs")), 2);
	assert_true(json_is_array(json_object_get(r, "depends")));
	assert_true(json_is_array(json_object_get(r, "constrains")));
	assert_int_equal(json_array_size(json_object_get(r, "files")), 2);
	path = json_array_get(json_object_get(json_object_get(r, "paths_data"), "paths"), 0);
	assert_string_equal(field(path, "_path"), "bin/a");
	assert_string_equal(field(path, "path_type"), "hardlink");
	assert_string_equal(field(path, "prefix_placeholder"), "/placeho");
	assert_string_not_equal(field(path, "sha256"), field(path, "sha256_in_prefix"));
	path = json_array_get(json_object_get(json_object_get(r, "paths_data"), "paths"), 1);
	assert_string_equal(field(path, "path_type"), "softlink");
	check_file(f, "conda-meta/history",
		"==> 1970-01-01 00:00:00 <==\n# cmd: ccenv install\n# ccenv version: " CCENV_VERSION
		"\n+channel/noarch::a-1.0-0\n"
		"# update specs: ['a >=1', 'channel::a', 'ab[build=\\'x\\']']\n",
		0644);
}

/* A later package in dependency order has the path; it is told; equal bytes are not worth a word.
 */
static void test_clobber(void **state)
{
	static const struct pack_entry base[] = {{.path = "both", .data = "base"},
		{.path = "same", .data = "s"}, {.path = "d", .data = "a file"},
		{.path = "e/x", .data = "in a directory"}, {.path = "l", .target = "nowhere"}, {0}};
	static const struct pack_entry top[] = {{.path = "both", .data = "top"},
		{.path = "same", .data = "s"}, {.path = "d/y", .data = "y"},
		{.path = "e", .data = "a file now"}, {.path = "l/z", .data = "z"}, {0}};
	struct fixture *f = *state;
	CE_CLEANUP(ce_json_decrefp) json_t *r = NULL;

	add(f, &(struct pack_package){.name = "top", .files = top, .depends = {"base >=1"}});
	add(f, &(struct pack_package){.name = "base", .files = base});
	both(f);
	check_file(f, "both", "top", 0444);
	check_file(f, "d/y", "y", 0444);
	check_file(f, "e", "a file now", 0444);
	/* A link that leads to no directory is like a file. */
	check_file(f, "l/z", "z", 0444);
	check_text(
		f->log.data, "both is in more than one package: that of top is used, that of base");
	check_text(f->log.data, "d is in more than one package: that of top is used");
	check_text(f->log.data, "e/x is in more than one package: that of top is used");
	assert_null(strstr(f->log.data, "same"));
	r = read_record(f, "conda-meta/base-1.0-0.json");
	assert_int_equal(json_array_size(json_object_get(r, "files")), 0);
}

/* A file below what another package has as a link to a directory lands there, whichever of the two
 * comes first. */
static void test_below_a_link(void **state)
{
	static const struct pack_entry sysroot[] = {{.path = "s/lib64/libc.so", .data = "c"},
		{.path = "s/lib", .target = "l2"}, {.path = "s/l2", .target = "./lib64"}, {0}};
	static const struct pack_entry cdt[] = {{.path = "s/lib/udev/a", .data = "a"},
		{.path = "s/lib64/libc.so", .data = "another"}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *link = ce_path_join(f->prefix, "s/lib");
	CE_CLEANUP(ce_json_decrefp) json_t *r = NULL;
	char target[16] = "";

	add(f, &(struct pack_package){.name = "sysroot", .files = sysroot});
	add(f, &(struct pack_package){.name = "cdt", .files = cdt, .depends = {"sysroot"}});
	/* Installed before the sysroot. */
	add(f, &(struct pack_package){.name = "first", .files = cdt});
	both(f);
	check_file(f, "s/lib64/udev/a", "a", 0444);
	check_file(f, "s/lib/udev/a", "a", 0444);
	check_file(f, "s/lib/libc.so", "another", 0444);
	assert_int_equal(readlink(link, target, sizeof(target)), 2);
	r = read_record(f, "conda-meta/cdt-1.0-0.json");
	check_text(json_string_value(json_array_get(json_object_get(r, "files"), 0)),
		"s/lib64/udev/a");
	assert_int_equal(verify(f), 0);
}

static void test_below_a_link_that_leads_out(void **state)
{
	static const struct pack_entry base[] = {{.path = "l", .target = "/tmp"}, {0}};
	static const struct pack_entry top[] = {{.path = "l/z", .data = "z"}, {0}};
	struct fixture *f = *state;

	add(f, &(struct pack_package){.name = "top", .files = top, .depends = {"base"}});
	add(f, &(struct pack_package){.name = "base", .files = base});
	assert_int_equal(fetch(f), 0);
	assert_int_equal(install(f), CCENV_EDATA);
	check_text(f->err.text, "top-1.0-0");
	check_text(f->err.text, "base-1.0-0");
	check_text(f->err.text, "a link that leads out of the prefix");
	assert_false(ce_fs_exists(f->prefix));
}

/* Many files where others have directories: this was quadratic. */
static void test_many_clobbers(void **state)
{
	enum {
		N = 2000
	};
	static struct pack_entry dirs[N + 1], files[N + 1];
	static char names[2][N][24];
	struct fixture *f = *state;

	for (int i = 0; i < N; i++) {
		snprintf(names[0][i], sizeof(names[0][i]), "d/%d/a", i);
		snprintf(names[1][i], sizeof(names[1][i]), "d/%d", i);
		dirs[i] = (struct pack_entry){.path = names[0][i], .data = "a"};
		files[i] = (struct pack_entry){.path = names[1][i], .data = "f"};
	}
	add(f, &(struct pack_package){.name = "top", .files = files, .depends = {"base"}});
	add(f, &(struct pack_package){.name = "base", .files = dirs});
	both(f);
	check_file(f, "d/0", "f", 0444);
	check_file(f, "d/1999", "f", 0444);
	check_text(f->log.data, "and 1990 more paths");
}

static void test_noarch_python(void **state)
{
	static const struct pack_entry python[] = {{.path = "bin/python3.12", .data = "p"}, {0}};
	static const struct pack_entry lib[] = {
		{.path = "site-packages/m/__init__.py", .data = "m"},
		{.path = "python-scripts/run", .data = "r", .mode = 0755},
		{.path = "share/x", .data = "x"}, {0}};
	static const char link[] =
		"{\"noarch\": {\"type\": \"python\", \"entry_points\": [\"go = m.sub:main.run\"]}}";
	struct fixture *f = *state;
	CE_AUTOFREE char *expected = NULL;

	add(f, &(struct pack_package){.name = "lib",
		       .files = lib,
		       .link_json = link,
		       .noarch = CE_NOARCH_PYTHON,
		       .depends = {"python"}});
	assert_int_equal(fetch(f), 0);
	assert_int_equal(install(f), CCENV_EDATA);
	check_text(f->err.text, "add \"python\"");
	add(f, &(struct pack_package){.name = "python", .version = "3.12.4", .files = python});
	both(f);
	check_file(f, "lib/python3.12/site-packages/m/__init__.py", "m", 0444);
	check_file(f, "bin/run", "r", 0555);
	check_file(f, "share/x", "x", 0444);
	expected = ce_asprintf(
		"#!%s/bin/python3.12\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n\n"
		"from m.sub import main\n\nif __name__ == '__main__':\n\tsys.argv[0] = "
		"re.sub(r'(-script\\.pyw?|\\.exe)?$', '', "
		"sys.argv[0])\n\tsys.exit(main.run())\n",
		f->prefix);
	check_file(f, "bin/go", expected, 0555);
}

/* As wheels write them; and one that no script can be made of does not stop the rest. */
static void test_entry_points(void **state)
{
	static const struct pack_entry python[] = {{.path = "bin/python3.12", .data = "p"}, {0}};
	static const struct pack_entry lib[] = {{.path = "share/x", .data = "x"}, {0}};
	static const char link[] =
		"{\"noarch\": {\"type\": \"python\", \"entry_points\": [\"a = m.cli:app [cli]\","
		"\"b=m:app[x,y]\", \"../c = m:app\", \"d = m:app(); evil\", \"e\", 7, null, "
		"[\"d = m:app\"], {\"d = m:app\": \"d = m:app\"}, true, [\"f = m:app\"]]}}";
	struct fixture *f = *state;
	CE_AUTOFREE char *a = in_prefix(f, "bin/a");
	CE_AUTOFREE char *b = in_prefix(f, "bin/b");
	CE_AUTOFREE char *d = in_prefix(f, "bin/d");
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	add(f, &(struct pack_package){.name = "lib",
		       .files = lib,
		       .link_json = link,
		       .noarch = CE_NOARCH_PYTHON,
		       .depends = {"python"}});
	add(f, &(struct pack_package){.name = "python", .version = "3.12.4", .files = python});
	both(f);
	assert_int_equal(ce_fs_read(a, 4096, &text, &f->err), 0);
	check_text(ce_buf_str(&text), "from m.cli import app\n");
	check_text(ce_buf_str(&text), "sys.exit(app())\n");
	assert_true(ce_fs_exists(b));
	assert_false(ce_fs_exists(d));
	check_text(f->log.data,
		"no script was made for the entry point \"[\"f \", which is not \"command = module:function\"");
}

/* Lists of entry points that are none; and in a package that is not installed by the list, anything. */
static void test_link_json(void **state)
{
	static const struct pack_entry python[] = {{.path = "bin/python3.12", .data = "p"}, {0}};
	static const struct pack_entry lib[] = {{.path = "share/x", .data = "x"}, {0}};
	static const struct pack_entry plain[] = {{.path = "share/y", .data = "y"}, {0}};
	static const char *const links[] = {"{\"noarch\": {\"entry_points\": \"a = m:app\"}}",
		"{\"noarch\": {\"entry_points\": {\"a\": \"m:app\"}}}", "{\"noarch\": \"python\"}",
		"[]", "{\"noarch\": {\"entry_points\": null}}", "{}"};
	struct fixture *f = *state;
	CE_AUTOFREE char *a = in_prefix(f, "bin/a");

	add(f, &(struct pack_package){.name = "python", .version = "3.12.4", .files = python});
	add(f, &(struct pack_package){.name = "plain", .files = plain, .link_json = "{broken"});
	f->n++;
	for (size_t i = 0; i < CE_COUNT(links); i++) {
		CE_AUTOFREE char *version = ce_asprintf("%zu", i);

		f->n--;
		add(f, &(struct pack_package){.name = "lib",
			       .version = version,
			       .files = lib,
			       .link_json = links[i],
			       .noarch = CE_NOARCH_PYTHON,
			       .depends = {"python"}});
		both(f);
		check_file(f, "share/x", "x", 0444);
		assert_false(ce_fs_exists(a));
	}
	check_text(f->log.data, "no script was made for the entry point \"\"a \"");
}

static void test_python_site_packages_path(void **state)
{
	static const struct pack_entry python[] = {{.path = "bin/p", .data = "p"}, {0}};
	static const struct pack_entry lib[] = {{.path = "site-packages/m.py", .data = "m"}, {0}};
	struct fixture *f = *state;

	add(f, &(struct pack_package){.name = "python",
		       .version = "3.13.0",
		       .files = python,
		       .python_site_packages_path = "lib/python3.13t/site-packages"});
	add(f, &(struct pack_package){.name = "lib", .files = lib, .noarch = CE_NOARCH_PYTHON});
	both(f);
	check_file(f, "lib/python3.13t/site-packages/m.py", "m", 0444);
}

static void refuse_paths(struct fixture *f, const char *paths_json, const char *expected)
{
	static const struct pack_entry files[] = {
		{.path = "f", .data = "x"}, {.path = "conda-meta/history", .data = "x"}, {0}};
	static int count;
	char name[16];

	f->n = 0;
	snprintf(name, sizeof(name), "bad%d", count++);
	add(f, &(struct pack_package){.name = name, .files = files, .paths_json = paths_json});
	/* Some of it is seen when the package is unpacked, some when all of them are put together.
	 */
	assert_int_equal(fetch(f) < 0 ? f->err.code : install(f), CCENV_EDATA);
	check_text(f->err.text, expected);
	check_text(f->err.text, name);
	assert_false(ce_fs_exists(f->prefix));
}

static void test_bad_lists(void **state)
{
	struct fixture *f = *state;

	refuse_paths(f, "{\"paths\": [{\"_path\": \"../f\"}]}", "unsafe path \"../f\"");
	refuse_paths(f, "{\"paths\": [{\"_path\": \"/f\"}]}", "unsafe path");
	refuse_paths(
		f, "{\"paths\": [{\"_path\": \"conda-meta/history\"}]}", "no package may write");
	refuse_paths(f, "{\"paths\": [{\"_path\": \"missing\"}]}", "listed but not in the package");
	refuse_paths(f,
		"{\"paths\": [{\"_path\": \"f\"}, {\"_path\": \"f/g\", \"path_type\": \"directory\"}]}",
		"a file and a directory");
	refuse_paths(f,
		"{\"paths\": [{\"_path\": \"f/g\", \"path_type\": \"directory\"}, {\"_path\": "
		"\"f\"}]}",
		"a file and a directory");
	refuse_paths(f, "{\"paths\": [{}]}", "has no _path");
	refuse_paths(
		f, "{\"paths\": [{\"_path\": \"f\", \"path_type\": \"x\"}]}", "unknown path_type");
	refuse_paths(f, "{\"paths\": [{\"_path\": \"f\", \"sha256\": \"x\"}]}", "64 hex digits");
	refuse_paths(f, "{\"paths_version\": 9, \"paths\": []}", "version 9");
	refuse_paths(f, "nonsense", "paths.json");
}

static void test_scripts_are_not_run(void **state)
{
	struct fixture *f = *state;
	struct pack_entry files[] = {{.path = "bin/.s-post-link.sh",
					     .data = "#!/bin/sh\ntouch \"$PREFIX/ran\"\n",
					     .mode = 0755},
		{0}};

	add(f, &(struct pack_package){.name = "s", .files = files});
	both(f);
	check_text(f->log.data, "not run: the link scripts of s");
	check_absent(f, "ran");
}

static void test_noop_and_update(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	static const struct pack_entry two[] = {{.path = "two", .data = "2"}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *stamp = in_prefix(f, "conda-meta/ccenv");
	CE_AUTOFREE char *extra = in_prefix(f, "one.pyc");
	struct ccenv_error err;
	struct stat before, after;

	add(f, &(struct pack_package){.name = "one", .files = one});
	assert_false(is_current(f));
	both(f);
	assert_true(is_current(f));
	assert_int_equal(stat(stamp, &before), 0);
	both(f);
	assert_int_equal(stat(stamp, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* What was added to the prefix goes with it. */
	assert_int_equal(ce_fs_replace(extra, "x", 1, NULL, &err), 0);
	f->n = 0;
	add(f, &(struct pack_package){.name = "two", .files = two});
	both(f);
	check_file(f, "two", "2", 0444);
	check_absent(f, "one");
	check_absent(f, "one.pyc");
	check_absent(f, "conda-meta/one-1.0-0.json");
}

/* A directory that is somebody's own is never replaced. */
static void test_foreign_prefix(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *precious = in_prefix(f, "precious");

	add(f, &(struct pack_package){.name = "one", .files = one});
	assert_int_equal(ce_fs_mkdirs(f->prefix, &f->err), 0);
	assert_int_equal(ce_fs_replace(precious, "x", 1, NULL, &f->err), 0);
	assert_int_equal(fetch(f), 0);
	assert_int_equal(install(f), CCENV_EUSAGE);
	check_text(f->err.text, "was not made by ccenv");
	check_file(f, "precious", "x", 0644);
	unlink(precious);
	both(f);
	check_file(f, "one", "1", 0444);
}

/* What a killed process left beside the prefix and in the cache is removed by the next run. */
/* The temporary name that the prefix was made under, as its stamp has it. */
static char *built_as(const struct fixture *f)
{
	CE_AUTOFREE char *stamp = ce_path_join(f->prefix, "conda-meta/ccenv");
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ccenv_error err;

	assert_int_equal(ce_json_read(stamp, 1 << 16, &o, &err), 0);
	return ce_strdup(json_string_value(json_object_get(o, "built_as")));
}

static void test_leftovers(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	static const char *const suffixes[] = {"", ".old"};
	struct fixture *f = *state;
	CE_AUTOFREE char *users_tmp = ce_asprintf("%s.tmp.999999999", f->prefix);
	CE_AUTOFREE char *users_old = ce_asprintf("%s.old.1", f->prefix);
	CE_AUTOFREE char *cached =
		ce_asprintf("%s/pkgs/.ccenv-tmp.0123456789abcdef0123/tree/bin", f->cache);
	CE_AUTOFREE char *cached_lock =
		ce_asprintf("%s/pkgs/.ccenv-tmp.0123456789abcdef0123.lock", f->cache);

	assert_int_equal(ce_fs_mkdirs(users_tmp, &f->err), 0);
	assert_int_equal(ce_fs_mkdirs(users_old, &f->err), 0);
	assert_int_equal(ce_fs_mkdirs(cached, &f->err), 0);
	assert_int_equal(ce_fs_replace(cached_lock, "", 0, NULL, &f->err), 0);
	add(f, &(struct pack_package){.name = "one", .files = one});
	both(f);
	assert_true(ce_fs_exists(users_tmp));
	assert_true(ce_fs_exists(users_old));
	assert_false(ce_fs_exists(cached));
	assert_false(ce_fs_exists(cached_lock));
	/* Killed between the swap and the removal of the old prefix: the new one is right, but
	 * something is left. The same where the two could not be exchanged. */
	for (size_t i = 0; i < CE_COUNT(suffixes); i++) {
		CE_AUTOFREE char *tmp = built_as(f);
		CE_AUTOFREE char *left = ce_asprintf("%s%s", tmp, suffixes[i]);
		CE_AUTOFREE char *lock = ce_asprintf("%s.lock", tmp);

		assert_true(is_current(f));
		assert_int_equal(ce_fs_mkdirs(left, &f->err), 0);
		assert_int_equal(ce_fs_replace(lock, "", 0, NULL, &f->err), 0);
		assert_false(is_current(f));
		both(f);
		assert_false(ce_fs_exists(left));
		assert_false(ce_fs_exists(lock));
		assert_true(is_current(f));
	}
}

static void test_old_is_put_back(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *old = NULL;
	CE_AUTOFREE char *lock = NULL;

	add(f, &(struct pack_package){.name = "one", .files = one});
	both(f);
	old = built_as(f);
	lock = ce_asprintf("%s.lock", old);
	assert_int_equal(ce_fs_replace(lock, ce_path_base(f->prefix),
				 strlen(ce_path_base(f->prefix)), NULL, &f->err),
		0);
	free(old);
	old = ce_asprintf("%.*s.old", (int)(strlen(lock) - strlen(".lock")), lock);
	assert_int_equal(rename(f->prefix, old), 0);
	assert_false(is_current(f));
	assert_int_equal(install(f), 0);
	check_file(f, "one", "1", 0444);
	assert_false(ce_fs_exists(old));
	assert_true(is_current(f));
}

static void check_end(
	const struct fixture *f, enum ccenv_phase phase, uint64_t items, uint64_t bytes)
{
	const struct ccenv_progress *p = &f->last[phase];

	assert_true(f->n_progress[phase] >= 2); /* its beginning too, or its time is wrong */
	assert_int_equal(p->items_done, items);
	assert_int_equal(p->items_total, items);
	assert_int_equal(p->bytes_done, bytes);
	assert_int_equal(p->bytes_total, bytes);
}

static void test_progress(void **state)
{
	static const struct pack_entry one[] = {
		{.path = "one", .data = "1234567"}, {.path = "l", .target = "one"}, {0}};
	static const struct pack_entry two[] = {{.path = "two", .data = "123"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *a, *b;

	a = add(f, &(struct pack_package){.name = "one", .files = one});
	both(f);
	check_end(f, CCENV_PHASE_FETCH, 1, a->size);
	check_end(f, CCENV_PHASE_LINK, 2, 0);
	assert_int_equal(verify(f), 0);
	check_end(f, CCENV_PHASE_VERIFY, 2, 7);
	/* Only what is missing is counted; when all is there, nothing is said. */
	b = add(f, &(struct pack_package){.name = "two", .files = two});
	both(f);
	check_end(f, CCENV_PHASE_FETCH, 1, b->size);
	f->n_progress[CCENV_PHASE_FETCH] = 0;
	assert_int_equal(fetch(f), 0);
	assert_int_equal(f->n_progress[CCENV_PHASE_FETCH], 0);
	assert_string_equal(ce_buf_str(&f->log), "");
}

static char *archive_path(const struct fixture *f, const struct ce_pkg *pkg)
{
	return ce_asprintf("%s/noarch/%s", f->channel, pkg->fn);
}

static void flip_byte(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c = (char)(c ^ 0x40);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/* Wherever a byte is wrong, it is the hash that is named, nothing is kept, and the right file then
 * installs. */
static void test_flipped_byte(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *path = archive_path(f, pkg);
	CE_AUTOFREE char *entry = ce_cache_entry(f->cache, pkg->sha256);

	for (off_t at = 0; at < (off_t)pkg->size; at += 13) {
		flip_byte(path, at);
		assert_int_equal(fetch(f), CCENV_EHASH);
		check_text(f->err.text, pkg->url);
		check_text(f->err.text, pkg->sha256);
		assert_false(ce_fs_exists(entry));
		flip_byte(path, at);
	}
	both(f);
	check_file(f, "one", "1", 0444);
}

static void test_truncated_and_missing(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *path = archive_path(f, pkg);

	assert_int_equal(truncate(path, (off_t)pkg->size / 2), 0);
	assert_int_equal(fetch(f), CCENV_EHASH);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fetch(f), CCENV_ENOTFOUND);
	check_text(f->err.text, "one-1.0-0.conda");
	check_text(f->err.text, "ccenv lock");
}

static void test_md5_only_and_nothing(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *path = archive_path(f, pkg);

	pkg->sha256 = NULL;
	flip_byte(path, 50);
	assert_int_equal(fetch(f), CCENV_EHASH);
	check_text(f->err.text, "md5");
	flip_byte(path, 50);
	both(f);
	check_file(f, "one", "1", 0444);
	pkg->md5 = NULL;
	assert_int_equal(fetch(f), CCENV_EDATA);
	check_text(f->err.text, "neither sha256 nor md5");
}

/* The record's name counts: a package that is another one is refused. */
static void test_wrong_package(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "1"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});

	pkg->name = "other";
	assert_int_equal(fetch(f), CCENV_EDATA);
	check_text(f->err.text, "holds one 1.0 0, not other 1.0 0");
}

/* What a package's own list promises of a file is what the file is; otherwise the package is at
 * fault, and that is said. */
static void test_list_disagrees(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "right"}, {0}};
	static const struct {
		const char *size, *sha256, *expected;
	} cases[] = {
		{"5", "bdabaa8ffd2e1e4ae8a3a3e1d1d8ad5a5d5bb7b3a4e9bf2d41c8f8bbaa5d7d9a",
			"\"one\" has the sha256 "},
		{"6", NULL, "\"one\" has 5 bytes, not 6"},
		{"5", NULL, NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		const char *sha256 = cases[i].sha256;
		const char *list = ce_arena_printf(&f->arena,
			"{\"paths_version\": 1, \"paths\": [{\"_path\": \"one\", \"path_type\": \"hardlink\", \"size_in_bytes\": %s%s%s%s}]}",
			cases[i].size, sha256 ? ", \"sha256\": \"" : "", sha256 ? sha256 : "",
			sha256 ? "\"" : "");
		const struct ce_pkg *pkg;
		CE_AUTOFREE char *entry = NULL;

		f->n = 0;
		pkg = add(
			f, &(struct pack_package){
				   .name = "one", .files = one, .paths_json = list, .bz2 = i & 1});
		entry = ce_cache_entry(f->cache, pkg->sha256);
		assert_int_equal(fetch(f), cases[i].expected ? CCENV_EDATA : 0);
		if (!cases[i].expected)
			continue;
		check_text(f->err.text, cases[i].expected);
		check_text(f->err.text, "the package itself is wrong");
		assert_false(ce_fs_exists(entry));
	}
}

/* Small archives, each within its own limit, do not fill a disk together. */
static void test_unpacked_limit(void **state)
{
	static char data[100 << 10];
	static const struct pack_entry files[] = {
		{.path = "one", .data = data, .n_data = sizeof(data)}, {0}};
	static const char *const names[] = {"a", "b", "c"};
	struct fixture *f = *state;
	struct ce_fetch_options o = {.cache_dir = f->cache,
		.max_unpacked = 2 * sizeof(data) + 10000,
		.getenv_fn = no_env,
		.events = &f->events};

	for (size_t i = 0; i < CE_COUNT(names); i++)
		add(f, &(struct pack_package){.name = names[i], .files = files});
	assert_int_equal(ce_fetch(f->list, 3, &o, &f->err), CCENV_EIO);
	check_text(f->err.text, "the packages together unpack to more than");
	assert_int_equal(ce_fetch(f->list, 2, &o, &f->err), 0);
}

/* A channel on a disk may hold anything under a package's name. */
static void test_channel_file_kinds(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "right"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *path = archive_path(f, pkg);
	CE_AUTOFREE char *moved = ce_asprintf("%s.moved", path);

	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(fetch(f), CCENV_EIO);
	check_text(f->err.text, "is not a file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(fetch(f), CCENV_EIO);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(ce_fs_replace(path, "<html>", 6, NULL, &f->err), 0);
	assert_int_equal(fetch(f), CCENV_EHASH);
	check_text(f->err.text, "is an HTML or XML page (6 bytes)");
	assert_int_equal(unlink(path), 0);
	/* Channels may be farms of links. */
	assert_int_equal(symlink(moved, path), 0);
	both(f);
}

/* The bytes of a file below the cache. */
static char *read_cached(struct fixture *f, const char *dir, const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
	CE_AUTOFREE char *path = ce_asprintf("%s%s", dir, name);

	assert_int_equal(ce_fs_read(path, 1 << 20, &data, &f->err), 0);
	return ce_buf_steal(&data);
}

/*
 * A package whose info/ leads into the entry of another is refused, and the other entry stays as it
 * is, with its list. Both kinds of archive.
 */
static void test_info_leads_to_another_entry(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "right"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *good = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *entry = ce_cache_entry(f->cache, good->sha256);
	CE_AUTOFREE char *list = NULL;
	const char *target = ce_arena_printf(&f->arena, "../%s/info", good->sha256);
	/* From where it is unpacked, too. */
	const char *target_tmp = ce_arena_printf(&f->arena, "../../../%s/info", good->sha256);

	both(f);
	list = read_cached(f, entry, ".list");
	for (int i = 0; i < 4; i++) {
		const struct pack_entry evil[] = {
			{.path = "info", .target = i & 1 ? target : target_tmp},
			{.path = "one", .data = "wrong"}, {0}};
		CE_AUTOFREE char *now = NULL;

		f->n = 1;
		add(f, &(struct pack_package){.name = "one",
			       .version = i & 1 ? "2.0" : "3.0",
			       .files = evil,
			       .info_last = true,
			       .bz2 = i & 2});
		assert_int_equal(fetch(f), CCENV_EDATA);
		check_text(f->err.text, "archive");
		now = read_cached(f, entry, ".list");
		assert_string_equal(now, list);
	}
	f->n = 1;
	both(f);
	check_file(f, "one", "right", 0444);
}

/* Nothing that a package brings is taken for ccenv's own note, and no note of an earlier ccenv. */
static void test_list_of_the_package(void **state)
{
	static const struct pack_entry files[] = {{.path = "one", .data = "right"},
		{.path = "info/ccenv.list", .data = "ccenv contents 2\n"}, {0}};
	static const char paths[] =
		"{\"paths\": [{\"_path\": \"one\", \"path_type\": \"hardlink\"}],"
		" \"paths_version\": 1}";
	struct fixture *f = *state;
	struct ce_pkg *pkg =
		add(f, &(struct pack_package){.name = "one", .files = files, .paths_json = paths});
	CE_AUTOFREE char *entry = ce_cache_entry(f->cache, pkg->sha256);
	CE_AUTOFREE char *list = ce_cache_list(f->cache, pkg->sha256);
	CE_AUTOFREE char *cached = ce_path_join(entry, "one");

	both(f);
	check_file(f, "one", "right", 0444);
	/* As it was before lists lay outside: the directory alone. It is unpacked again. */
	assert_int_equal(unlink(list), 0);
	assert_int_equal(unlink(cached), 0);
	assert_int_equal(ce_fs_replace(cached, "wrong", 5, NULL, &f->err), 0);
	both(f);
	check_file(f, "one", "right", 0444);
	assert_true(ce_fs_exists(list));
}

/* A lock that calls one package by another's name is refused also when the package is cached. */
static void test_cached_under_another_name(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "right"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *list = ce_cache_list(f->cache, pkg->sha256);

	both(f);
	pkg->name = "other";
	assert_int_equal(fetch(f), CCENV_EHASH);
	check_text(f->err.text, "is one 1.0, not other 1.0: run `ccenv lock`");
	assert_int_equal(ce_fs_remove_tree(f->prefix, &f->err), 0);
	assert_int_equal(install(f), CCENV_EHASH);
	assert_true(ce_fs_exists(list));
	/* Two names for one digest. */
	f->pkgs[1] = f->pkgs[0];
	f->pkgs[1].name = "one";
	f->list[1] = &f->pkgs[1];
	f->n = 2;
	assert_int_equal(fetch(f), CCENV_EDATA);
	check_text(f->err.text, "have the same");
}

/* Damage in the cache is noticed on use and mended. */
static void test_damaged_cache(void **state)
{
	static const struct pack_entry one[] = {{.path = "one", .data = "right"}, {0}};
	struct fixture *f = *state;
	struct ce_pkg *pkg = add(f, &(struct pack_package){.name = "one", .files = one});
	CE_AUTOFREE char *entry = ce_cache_entry(f->cache, pkg->sha256);
	CE_AUTOFREE char *cached = ce_path_join(entry, "one");
	FILE *file;

	assert_int_equal(fetch(f), 0);
	assert_int_equal(chmod(cached, 0644), 0);
	file = fopen(cached, "w");
	assert_non_null(file);
	fputs("wrong", file); /* of the same size */
	fclose(file);
	assert_int_equal(install(f), CCENV_EDATA);
	check_text(f->err.text, "one is not as it was unpacked");
	assert_false(ce_fs_exists(f->prefix));
	both(f);
	check_text(ce_buf_str(&f->log), "had changed or were missing");
	check_file(f, "one", "right", 0444);
	assert_int_equal(unlink(cached), 0);
	assert_int_equal(fetch(f), 0);
	assert_true(ce_fs_exists(cached));
}

static void damage(const char *path, const char *text)
{
	FILE *file;

	assert_int_equal(chmod(path, 0644), 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Each kind of damage is found and named, and mended by a repair even where the cache shares it and
 * looks untouched. */
static void test_verify_and_repair(void **state)
{
	static const struct pack_entry files[] = {{.path = "a", .data = "right"},
		{.path = "b", .data = "b/placeho"}, {.path = "c", .data = "c"},
		{.path = "d/e", .data = "e"}, {.path = "l", .target = "a"},
		{.path = "empty", .dir = true}, {0}};
	struct fixture *f = *state;
	struct ce_fetch_options fo = {.cache_dir = f->cache,
		.check = CE_FETCH_AGAIN,
		.getenv_fn = no_env,
		.events = &f->events};
	struct ce_install_options io = {
		.cache_dir = f->cache, .prefix = f->prefix, .force = true, .events = &f->events};
	CE_AUTOFREE char *a = in_prefix(f, "a");
	CE_AUTOFREE char *c = in_prefix(f, "c");
	CE_AUTOFREE char *l = in_prefix(f, "l");
	CE_AUTOFREE char *empty = in_prefix(f, "empty");
	struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};

	add(f, &(struct pack_package){.name = "one", .files = files, .placeholder = "/placeho"});
	assert_int_equal(verify(f), CCENV_ENOTFOUND);
	both(f);
	if (verify(f) < 0)
		fail_msg("%s", f->err.text);
	damage(a, "wrong");
	assert_int_equal(utimensat(AT_FDCWD, a, old, 0), 0);
	unlink(c);
	unlink(l);
	assert_int_equal(symlink("b", l), 0);
	rmdir(empty);
	assert_int_equal(verify(f), CCENV_EHASH);
	check_text(f->err.text, "4 of 6 paths");
	check_text(f->err.text,
		"a has other bytes, c is missing, empty is missing, l points elsewhere");
	assert_int_equal(ce_fetch(f->list, f->n, &fo, &f->err), 0);
	assert_int_equal(ce_install(f->list, f->n, &io, &f->err), 0);
	if (verify(f) < 0)
		fail_msg("%s", f->err.text);
	check_file(f, "a", "right", 0444);
}

/* Replaces a text in the record of a package. */
static void forge_record(
	struct fixture *f, const struct ce_pkg *pkg, const char *from, const char *to)
{
	CE_AUTOFREE char *path = ce_asprintf(
		"%s/conda-meta/%s-%s-%s.json", f->prefix, pkg->name, pkg->version, pkg->build);
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
	CE_AUTOFREE char *text = NULL;
	const char *at;

	assert_int_equal(ce_fs_read(path, 1 << 20, &data, &f->err), 0);
	at = strstr(ce_buf_str(&data), from);
	assert_non_null(at);
	text = ce_asprintf("%.*s%s%s", (int)(at - data.data), data.data, to, at + strlen(from));
	damage(path, text);
}

/* Another content for a file of the prefix's own, and a record that fits. */
static void forge(struct fixture *f, const struct ce_pkg *pkg, const char *name, const char *from,
	const char *to)
{
	CE_AUTOFREE char *path = in_prefix(f, name);
	char was[CE_SHA256_HEX + 1], is[CE_SHA256_HEX + 1];
	CE_AUTOFREE char *old = NULL;
	CE_AUTOFREE char *new = NULL;

	ce_sha256_bytes(from, strlen(from), was);
	ce_sha256_bytes(to, strlen(to), is);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ce_fs_replace(path, to, strlen(to), NULL, &f->err), 0);
	old = ce_asprintf(
		"\"sha256_in_prefix\": \"%s\", \"size_in_bytes\": %zu", was, strlen(from));
	new = ce_asprintf("\"sha256_in_prefix\": \"%s\", \"size_in_bytes\": %zu", is, strlen(to));
	forge_record(f, pkg, old, new);
}

static void test_forged_record(void **state)
{
	static const struct pack_entry files[] = {{.path = "a", .data = "right"},
		{.path = "b", .data = "see /placeho"}, {.path = "l", .target = "a"},
		{.path = "both", .data = "one"}, {0}};
	static const struct pack_entry more[] = {{.path = "both", .data = "two"}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *b = NULL;
	struct ce_pkg *one, *two;

	one = add(f,
		&(struct pack_package){.name = "one", .files = files, .placeholder = "/placeho"});
	two = add(f, &(struct pack_package){.name = "two", .files = more, .depends = {"one"}});
	both(f);
	assert_int_equal(verify(f), 0);
	forge(f, one, "a", "right", "WRONG");
	assert_int_equal(verify(f), CCENV_EHASH);
	check_text(f->err.text, "a is not what its package has (its record says otherwise)");
	forge(f, one, "a", "WRONG", "right");
	assert_int_equal(verify(f), 0);
	/* A file whose placeholder was replaced. */
	b = ce_asprintf("see %s", f->prefix);
	forge(f, one, "b", b, "see /elsewhere");
	assert_int_equal(verify(f), CCENV_EHASH);
	check_text(f->err.text, "b is not what its package has");
	forge(f, one, "b", "see /elsewhere", b);
	/* What two packages have. */
	forge(f, two, "both", "two", "2");
	assert_int_equal(verify(f), CCENV_EHASH);
	forge(f, two, "both", "2", "two");
	assert_int_equal(verify(f), 0);
	/* A record that leaves a file out, or has one more. */
	forge_record(f, two, "{\"_path\": \"both\"", "{\"_path\": \"other\"");
	assert_int_equal(verify(f), CCENV_EHASH);
	check_text(f->err.text,
		"both is missing from the record of its package, other is in the record, and not in the package");
}

/* Where the cache has nothing to compare with, that is said. */
static void test_verify_without_cache(void **state)
{
	static const struct pack_entry files[] = {{.path = "a", .data = "right"}, {0}};
	static const struct pack_entry more[] = {{.path = "c", .data = "two"}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *list = NULL;
	struct ce_pkg *one, *two;

	one = add(f, &(struct pack_package){.name = "one", .files = files});
	two = add(f, &(struct pack_package){.name = "two", .files = more});
	both(f);
	ce_buf_clear(&f->log);
	list = ce_cache_list(f->cache, one->sha256);
	assert_int_equal(unlink(list), 0);
	forge(f, one, "a", "right", "WRONG");
	assert_int_equal(verify(f), 0);
	check_text(ce_buf_str(&f->log),
		"the cache does not have 1 of 2 packages (one-1.0-0): their files are compared only with the records in ");
	forge(f, two, "c", "two", "2");
	assert_int_equal(verify(f), CCENV_EHASH);
	check_text(f->err.text, "c is not what its package has");
}

/* A prefix of 120 bytes, as long as none of the test is. */
#define PLACE_10 "_placehold"
#define PLACE                                                                                      \
	"/placehold" PLACE_10 PLACE_10 PLACE_10 PLACE_10 PLACE_10 PLACE_10 PLACE_10 PLACE_10       \
		PLACE_10 PLACE_10 PLACE_10

/* The files hold the path that they were installed for: whoever moves a prefix is told, and the next install links it again,
 * from the cache. */
static void test_moved_prefix(void **state)
{
	static const char binary[] = PLACE "/include\0" PLACE;
	static const struct pack_entry one[] = {
		{.path = "bin/one", .data = binary, .n_data = sizeof(binary)}, {0}};
	struct fixture *f = *state;
	CE_AUTOFREE char *moved = ce_path_join(f->dir, "moved");
	CE_AUTOFREE char *file = ce_path_join(moved, "bin/one");
	CE_AUTOFREE char *link = ce_path_join(f->dir, "link");
	CE_AUTOFREE char *from = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	add(f, &(struct pack_package){
		       .name = "one", .files = one, .placeholder = PLACE, .binary = true});
	both(f);
	assert_false(ce_stamp_has_moved(f->prefix, &from));
	assert_int_equal(symlink(f->prefix, link), 0);
	assert_false(ce_stamp_has_moved(link, &from));
	assert_int_equal(rename(f->prefix, moved), 0);
	assert_int_equal(verify_at(f, moved), CCENV_EHASH);
	check_text(f->err.text, "moved");
	assert_true(ce_stamp_has_moved(moved, &from));
	assert_string_equal(from, f->prefix);

	free(f->prefix);
	f->prefix = ce_strdup(moved);
	assert_int_equal(ce_fs_remove_tree(f->channel, &f->err), 0);
	both(f);
	assert_int_equal(ce_fs_read(file, sizeof(binary), &text, &f->err), 0);
	assert_int_equal(text.len, sizeof(binary));
	assert_memory_equal(text.data, moved, strlen(moved));
	assert_string_equal(text.data + strlen(moved), "/include");
	assert_int_equal(verify(f), 0);
}

static size_t clean(struct fixture *f, const struct ce_clean_options *o)
{
	struct ce_clean_options copy = *o;
	struct ce_clean_result result;

	copy.cache_dir = f->cache;
	if (ce_clean(&copy, &result, &f->err) < 0)
		fail_msg("%s", f->err.text);
	return result.n;
}

static void test_clean(void **state)
{
	enum {
		SIZE = 1
		       << 20 /* so much that it counts, whatever a file system takes for the rest */
	};
	static char data[SIZE];
	static const struct pack_entry one[] = {{.path = "one", .data = data, .n_data = SIZE}, {0}};
	struct fixture *f = *state;
	const struct ce_pkg *a = add(f, &(struct pack_package){.name = "a", .files = one});
	CE_AUTOFREE char *entry = ce_cache_entry(f->cache, a->sha256);
	CE_AUTOFREE char *part = ce_cache_part(f->cache, a->sha256);
	CE_AUTOFREE char *archives = ce_path_dir(part);
	CE_AUTOFREE char *cached = ce_path_join(entry, "one");
	CE_AUTOFREE char *shared = ce_path_join(f->dir, "shared");
	struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};

	for (unsigned i = 0, x = 1; i < SIZE; i++, x = x * 1103515245 + 12345)
		data[i] = (char)(x >> 16);
	assert_int_equal(clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_ALL}), 0);
	both(f);
	/* Where files can be cloned, the prefix has no hard links. */
	assert_int_equal(link(cached, shared), 0);
	f->n = 0;
	add(f, &(struct pack_package){.name = "b", .files = one});
	assert_int_equal(fetch(f), 0);
	assert_int_equal(ce_fs_mkdirs(archives, &f->err), 0);
	assert_int_equal(ce_fs_replace(part, "x", 1, NULL, &f->err), 0);
	/* What is young stays, and so does what a prefix shares when asked to. */
	assert_int_equal(
		clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_ALL, .min_age_s = 60}), 0);
	assert_int_equal(clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_DOWNLOADS}), 1);
	assert_false(ce_fs_exists(part));
	assert_int_equal(clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_PACKAGES,
					  .keep_bytes = 1 << 30}),
		0);
	assert_int_equal(utimensat(AT_FDCWD, entry, old, 0), 0);
	assert_int_equal(clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_PACKAGES,
					  .min_age_s = 60,
					  .dry_run = true}),
		1);
	assert_true(ce_fs_exists(entry));
	assert_int_equal(
		clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_PACKAGES, .unshared = true}),
		1);
	assert_true(ce_fs_exists(entry));
	/* By size, the one used longest ago goes first. */
	assert_int_equal(fetch(f), 0);
	assert_int_equal(clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_PACKAGES,
					  .keep_bytes = SIZE + SIZE / 2}),
		1);
	assert_false(ce_fs_exists(entry));
	assert_int_equal(clean(f, &(struct ce_clean_options){.kinds = CE_CLEAN_PACKAGES}), 1);
	/* The prefix does not need it. */
	if (verify(f) < 0)
		fail_msg("%s", f->err.text);
}

static void test_binary_prefix_too_long(void **state)
{
	static const struct pack_entry one[] = {
		{.path = "one", .data = "/placeho\0x", .n_data = 10}, {0}};
	struct fixture *f = *state;

	add(f, &(struct pack_package){
		       .name = "one", .files = one, .placeholder = "/placeho", .binary = true});
	assert_int_equal(fetch(f), 0);
	assert_int_equal(install(f), CCENV_EDATA);
	check_text(f->err.text, "one-1.0-0.conda: one: the prefix has");
	assert_false(ce_fs_exists(f->prefix));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kinds_conda),
		TEST(kinds_bz2),
		TEST(cache_is_not_edited),
		TEST(record),
		TEST(clobber),
		TEST(below_a_link),
		TEST(below_a_link_that_leads_out),
		TEST(many_clobbers),
		TEST(noarch_python),
		TEST(entry_points),
		TEST(link_json),
		TEST(python_site_packages_path),
		TEST(bad_lists),
		TEST(scripts_are_not_run),
		TEST(noop_and_update),
		TEST(foreign_prefix),
		TEST(leftovers),
		TEST(old_is_put_back),
		TEST(progress),
		TEST(flipped_byte),
		TEST(truncated_and_missing),
		TEST(md5_only_and_nothing),
		TEST(wrong_package),
		TEST(list_disagrees),
		TEST(unpacked_limit),
		TEST(channel_file_kinds),
		TEST(info_leads_to_another_entry),
		TEST(list_of_the_package),
		TEST(cached_under_another_name),
		TEST(damaged_cache),
		TEST(binary_prefix_too_long),
		TEST(verify_and_repair),
		TEST(forged_record),
		TEST(verify_without_cache),
		TEST(moved_prefix),
		TEST(clean),
	};

	(void)umask(022); /* modes are compared */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
