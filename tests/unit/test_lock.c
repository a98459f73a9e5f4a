/* SPDX-License-Identifier: MIT */
/* ccenv.lock: same bytes from the same solution, staleness with its reason, nothing taken on trust.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/request.h"

static const char sha[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/* A request and a solution for it, made by hand. */
struct fixture {
	struct ce_arena arena;
	struct ce_request *request;
	struct ce_pkg pkgs[3];
	const struct ce_pkg *chosen[3];
	struct ce_solution solution;
};

static struct ce_pkg pkg(
	struct ce_arena *a, const char *name, const char *version, const char *depends)
{
	struct ce_pkg p = {.name = name, .version = version, .build = "h0_0", .subdir = "linux-64"};

	p.fn = ce_arena_printf(a, "%s-%s-h0_0.conda", name, version);
	p.channel = "https://h/c";
	p.url = ce_arena_printf(a, "https://h/c/linux-64/%s", p.fn);
	p.sha256 = sha;
	p.size = 7;
	if (depends) {
		p.depends = ce_arena_array(a, 2, sizeof(*p.depends));
		p.depends[p.n_depends++] = depends;
	}
	ce_pkg_prepare(&p, a);
	return p;
}

static struct ce_request *make_request(const char *spec, const char *cuda)
{
	struct ce_request *r = ce_request_new();
	const struct ce_virtual base[] = {{"__cuda", cuda, "0"}, {"__glibc", "2.28", "0"}};
	struct ccenv_error err;

	r->environment = "default";
	r->platform = "linux-64";
	r->channels = ce_arena_array(&r->arena, 2, sizeof(*r->channels));
	r->channels[r->n_channels++] = "https://h/c";
	r->specs = ce_arena_array(&r->arena, 2, sizeof(*r->specs));
	assert_int_equal(ce_spec_parse(spec, CE_SPEC_STRICT, &r->arena, &r->specs[0], &err), 0);
	r->n_specs = 1;
	ce_request_set_virtuals(r, base, 2, 0);
	return r;
}

static int set_up(void **state)
{
	struct fixture *f = ce_calloc(1, sizeof(*f));

	f->request = make_request("app >=1", "13.0");
	f->pkgs[0] = pkg(&f->arena, "app", "1.0", "lib >=2");
	f->pkgs[1] = pkg(&f->arena, "lib", "2.1", "__glibc >=2.17");
	for (int i = 0; i < 2; i++)
		f->chosen[i] = &f->pkgs[1 - i]; /* not sorted */
	f->solution = (struct ce_solution){f->chosen, 2};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ce_request_free(f->request);
	ce_arena_release(&f->arena);
	ce_freep(state);
	return 0;
}

static struct ce_lockfile *make_lock(const struct fixture *f)
{
	const struct ce_solved s = {f->request, &f->solution, ""};

	return ce_lockfile_from_solutions(&s, 1);
}

static void test_round_trip(void **state)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *made = make_lock(*state);
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *read = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf one = {0}, two = {0};
	struct ccenv_error err;

	ce_lockfile_render(made, &one);
	if (ce_lockfile_parse(one.data, one.len, &read, &err) < 0)
		fail_msg("%s", err.text);
	ce_lockfile_render(read, &two);
	assert_string_equal(one.data, two.data);
	assert_int_equal(read->n_pkgs, 2);
	assert_string_equal(read->pkgs[0].name, "app");
	assert_string_equal(read->pkgs[1].channel, "https://h/c");
}

static void test_fresh(void **state)
{
	struct fixture *f = *state;
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = make_lock(f);
	const struct ce_lockfile_platform *p = NULL;
	struct ccenv_error err;

	if (ce_lockfile_check(lock, f->request, "", &p, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(p->n_pkgs, 2);
}

/* The lock is committed: no passwords and tokens of channels in it, and it fits all the same. */
static void test_no_credentials(void **state)
{
	struct fixture *f = *state;
	const char *const secret[] = {
		"https://me:s3cret@h/c", "https://h/t/s3cret/c", "https://h/c"};

	for (size_t i = 0; i < CE_COUNT(secret); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
		struct ccenv_error err;

		f->request->channels[0] = secret[i];
		CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = make_lock(f);
		ce_lockfile_render(lock, &text);
		assert_null(strstr(ce_buf_str(&text), "s3cret"));
		assert_string_equal(lock->envs[0].channels[0], "https://h/c");
		if (ce_lockfile_check(lock, f->request, "", NULL, &err) < 0)
			fail_msg("%s", err.text);
	}
}

static void assert_stale(const struct ce_lockfile *lock, const struct ce_request *r,
	const char *options, const char *expected)
{
	struct ccenv_error err;

	assert_int_equal(ce_lockfile_check(lock, r, options, NULL, &err), CCENV_ESTALE);
	assert_string_equal(err.text, expected);
}

static void test_stale(void **state)
{
	struct fixture *f = *state;
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = make_lock(f);
	CE_CLEANUP(ce_request_freep) struct ce_request *spec = make_request("app >=2", "13.0");
	CE_CLEANUP(ce_request_freep) struct ce_request *cuda = make_request("app >=1", "12.4");
	CE_CLEANUP(ce_request_freep) struct ce_request *channel = make_request("app >=1", "13.0");
	CE_CLEANUP(ce_request_freep) struct ce_request *win = make_request("app >=1", "13.0");

	assert_stale(lock, spec, "", "\"app >=1\" is locked but no longer asked for");
	assert_stale(lock, cuda, "",
		"the system requirements have changed (__cuda 13.0 was assumed, __cuda 12.4 is declared)");
	channel->channels[0] = "https://h/d";
	assert_stale(lock, channel, "", "the channels have changed");
	win->platform = "win-64";
	assert_stale(lock, win, "", "platform win-64 is not locked");
	assert_stale(lock, f->request, "strategy=lowest",
		"the options have changed (\"\", now \"strategy=lowest\")");
}

static void test_stale_members(void **state)
{
	struct fixture *f = *state;

	f->pkgs[1] = pkg(&f->arena, "lib", "1.9", NULL);
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *older = make_lock(f);
	assert_stale(older, f->request, "", "app needs \"lib >=2\", locked is lib 1.9");
	f->solution.n = 1;
	f->chosen[0] = &f->pkgs[0];
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *missing = make_lock(f);
	assert_stale(missing, f->request, "", "app needs \"lib >=2\", which is not locked");
}

/* Changes one field of a good lock's only package; says what is answered. */
static void assert_refused(const char *key, const char *value, const char *expected)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *root = json_pack("{s:i, s:{}, s:[{s:s, s:s, s:s, s:s, s:s, s:s}]}", "version", 1,
		"environments", "packages", "name", "app", "version", "1.0", "build", "h0_0",
		"subdir", "linux-64", "url", "https://h/c/linux-64/app-1.0-h0_0.conda", "sha256",
		sha);
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	assert_non_null(root);
	if (strcmp(key, "format") == 0)
		json_object_set_new(root, "version", json_integer(2));
	else if (value)
		json_object_set_new(json_array_get(json_object_get(root, "packages"), 0), key,
			json_string(value));
	else
		json_object_del(json_array_get(json_object_get(root, "packages"), 0), key);
	ce_json_format(root, &b);
	assert_int_equal(ce_lockfile_parse(b.data, b.len, &lock, &err), CCENV_EDATA);
	assert_string_equal(err.text, expected);
}

static void test_untrusted(void **state)
{
	(void)state;
	assert_refused("url", "ftp://h/app-1.0-h0_0.conda",
		"packages[0]: ftp://h/app-1.0-h0_0.conda: only https, http and file URLs are allowed");
	assert_refused("url", "https://h/c/linux-64/app.exe",
		"packages[0]: app.exe: the file's name is not that of its record (app-1.0-h0_0)");
	assert_refused("name", "../../etc",
		"packages[0]: app-1.0-h0_0.conda: invalid package name \"../../etc\"");
	assert_refused(
		"version", "1/0", "packages[0]: app-1.0-h0_0.conda: invalid version \"1/0\"");
	assert_refused("sha256", "abc",
		"packages[0]: app-1.0-h0_0.conda: sha256: expected 64 hexadecimal digits");
	assert_refused("sha256", NULL,
		"packages[0]: https://h/c/linux-64/app-1.0-h0_0.conda: sha256 is missing");
	assert_refused(
		"subdir", "../x", "packages[0]: app-1.0-h0_0.conda: unknown subdir \"../x\"");
	assert_refused("python_site_packages_path", "../../x",
		"packages[0]: app-1.0-h0_0.conda: python_site_packages_path leaves the prefix");
	assert_refused("format", NULL, "format version 2, this ccenv knows 1; use a newer ccenv");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fresh, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_credentials, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale_members, set_up, tear_down),
		cmocka_unit_test(test_untrusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
