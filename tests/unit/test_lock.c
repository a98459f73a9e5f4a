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
	/* Each package has its own. */
	p.sha256 = ce_arena_printf(a, "%.60s%04x", sha, (unsigned char)name[0]);
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

	struct ce_lockfile *lock = NULL;
	struct ccenv_error err;

	if (ce_lockfile_from_solutions(&s, 1, &lock, &err) < 0)
		fail_msg("%s", err.text);
	return lock;
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

#define PKG(name, version, url, rest)                                                              \
	"{\"name\":\"" name "\",\"version\":\"" version                                            \
	"\",\"build\":\"h0_0\",\"subdir\":\"linux-64\",\"url\":\"" url "\"" rest "}"
#define SHA     ",\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
#define APP_URL "https://h/c/linux-64/app-1.0-h0_0.conda"
#define APP     PKG("app", "1.0", APP_URL, SHA)
#define ENV(channels, more, urls)                                                                  \
	"{\"default\":{\"channels\":[" channels "]" more                                           \
	",\"platforms\":{\"linux-64\":{\"specs\":[],\"virtual-packages\":[],\"packages\":[" urls   \
	"]}}}}"
#define LOCK(envs, pkgs) "{\"version\":1,\"environments\":" envs ",\"packages\":[" pkgs "]}"
#define Q(x)             "\"" x "\""

/* What a lock may not say, and what is answered. NULL: nothing, it is taken. */
static const char *const hostile[][2] = {
	{LOCK(ENV(Q("https://h/c"), "", Q(APP_URL)), APP), NULL},
	/* The fields of a package. */
	{LOCK("{}", PKG("../../etc", "1.0", APP_URL, SHA)),
		"packages[0]: app-1.0-h0_0.conda: invalid package name \"../../etc\""},
	{LOCK("{}", PKG("app", "1/0", APP_URL, SHA)),
		"packages[0]: app-1.0-h0_0.conda: invalid version \"1/0\""},
	{LOCK("{}", PKG("app", "1.0", "https://h/c/linux-64/app.exe", SHA)),
		"packages[0]: app.exe: the file's name is not that of its record (app-1.0-h0_0)"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, ",\"sha256\":\"abc\"")),
		"packages[0]: app-1.0-h0_0.conda: sha256: expected 64 hexadecimal digits"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, ",\"sha256\":7")),
		"packages[0]: app-1.0-h0_0.conda: sha256: expected hexadecimal digits, found a "
		"number"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, "")),
		APP_URL " has no sha256, and nothing else proves that a download is the locked "
			"package; have the channel indexed again with sha256, or take the package "
			"from another channel"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, SHA ",\"python_site_packages_path\":\"../../x\"")),
		"packages[0]: app-1.0-h0_0.conda: python_site_packages_path leaves the prefix"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, SHA ",\"depends\":\"lib\"")),
		"packages[0]: app-1.0-h0_0.conda: depends: expected a list of strings, found a "
		"string"},
	{LOCK("{}", "{\"name\":\"app\"}"), "packages[0]: version is missing"},
	{LOCK("{}", "7"), "packages[0]: expected an object, found a number"},
	{LOCK("{}", APP "," APP), "packages[1]: " APP_URL " is given twice"},
	{LOCK(ENV(Q("https://h/c"), "", Q(APP_URL) "," Q(APP_URL)), APP),
		"environments: default: linux-64: app is given twice"},
	/* Text for a terminal or another program's file. */
	{LOCK("{}", PKG("app", "1.0", "https://h/c\\u001b[2J/linux-64/app-1.0-h0_0.conda", SHA)),
		"packages[0]: url: expected UTF-8 without control characters"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, SHA ",\"channel\":\"https://h/c\\nx\"")),
		"packages[0]: app-1.0-h0_0.conda: channel: expected UTF-8 without control "
		"characters"},
	{LOCK(ENV(Q("https://h/c\\u009b2J"), "", ""), ""),
		"environments: default: channels: expected strings of UTF-8 without control "
		"characters"},
	{LOCK(ENV(Q("https://h/c\x7f/conda"), "", ""), ""),
		"environments: default: channels: expected strings of UTF-8 without control "
		"characters"},
	{LOCK(ENV(Q("https://h/c c"), "", ""), ""),
		"environments: default: channels: \"https://h/c c\" is not an https, http or file "
		"URL"},
	/* Where packages come from. */
	{LOCK(ENV(Q("ftp://h/c"), "", ""), ""),
		"environments: default: channels: \"ftp://h/c\" is not an https, http or file URL"},
	{LOCK(ENV(Q("https://http://c"), "", ""), ""),
		"environments: default: channels: \"https://http://c\" is not an https, http or file URL"},
	{LOCK(ENV(Q("https://h/c"), "", Q("https://evil/c/linux-64/app-1.0-h0_0.conda")),
		 PKG("app", "1.0", "https://evil/c/linux-64/app-1.0-h0_0.conda", SHA)),
		"https://evil/c/linux-64/app-1.0-h0_0.conda comes from https://evil/c, which is "
		"not a channel of environment \"default\""},
	{LOCK(ENV(Q("https://h/c"), "", Q("https://evil/app-1.0-h0_0.conda")),
		 PKG("app", "1.0", "https://evil/app-1.0-h0_0.conda",
			 SHA ",\"channel\":\"https://h/c\"")),
		"https://evil/app-1.0-h0_0.conda does not lie below its channel, https://h/c"},
	{LOCK(ENV(Q("https://h/c"), "", Q("http://h/c/linux-64/app-1.0-h0_0.conda")),
		 PKG("app", "1.0", "http://h/c/linux-64/app-1.0-h0_0.conda",
			 SHA ",\"channel\":\"https://h/c\"")),
		"http://h/c/linux-64/app-1.0-h0_0.conda does not lie below its channel, "
		"https://h/c"},
	{LOCK(ENV(Q("https://h/c"), "", Q("https://h/c/../d/linux-64/app-1.0-h0_0.conda")),
		 PKG("app", "1.0", "https://h/c/../d/linux-64/app-1.0-h0_0.conda",
			 SHA ",\"channel\":\"https://h/c\"")),
		"https://h/c/../d/linux-64/app-1.0-h0_0.conda does not lie below its channel, "
		"https://h/c"},
	{LOCK(ENV(Q("https://h/c"), "", Q("file:///c/linux-64/app-1.0-h0_0.conda")),
		 PKG("app", "1.0", "file:///c/linux-64/app-1.0-h0_0.conda", SHA)),
		"file:///c/linux-64/app-1.0-h0_0.conda comes from file:///c, which is not a "
		"channel of environment \"default\""},
	{LOCK(ENV(Q("https://h/c"), ",\"base-urls\":{\"https://h/c\":[\"https://cdn/x\"]}",
		      Q("https://cdn/x/app-1.0-h0_0.conda")),
		 PKG("app", "1.0", "https://cdn/x/app-1.0-h0_0.conda",
			 SHA ",\"channel\":\"https://h/c\"")),
		NULL},
	{LOCK(ENV(Q("https://h/c"), ",\"base-urls\":{\"https://h/c\":[\"http://cdn/x\"]}", ""), ""),
		"environments: default: base-urls: http://cdn/x is not allowed for the packages of "
		"https://h/c"},
	{LOCK(ENV(Q("http://h/c"), ",\"base-urls\":{\"http://h/c\":[\"file:///x\"]}", ""), ""),
		"environments: default: base-urls: file:///x is not allowed for the packages of "
		"http://h/c"},
	/* One package under another's name. */
	{LOCK("{}", APP "," PKG("lib", "2.0", "https://h/c/linux-64/lib-2.0-h0_0.conda", SHA)),
		"app-1.0-h0_0.conda and lib-2.0-h0_0.conda have the same sha256"},
	{LOCK("{}", APP "," PKG("app", "1.0", "https://m/c/linux-64/app-1.0-h0_0.conda", SHA)),
		NULL},
	/* Two readers would see two locks. */
	{"{\"version\":1,\"version\":1}", "line 1, column 24: version is given twice"},
	{LOCK("{}", PKG("app", "1.0", APP_URL, SHA SHA)),
		"packages[0]: app-1.0-h0_0.conda: sha256 is given twice"},
	{LOCK("{\"a\":{},\"a\":{}}", ""), "environments: a is given twice"},
	{LOCK("{\"a\":{\"channels\":[],\"channels\":[]}}", ""),
		"environments: a: channels is given twice"},
	{LOCK("{\"a\":{\"platforms\":{\"win-64\":{},\"win-64\":{}}}}", ""),
		"environments: a: win-64 is given twice"},
	/* The rest of the file. */
	{"{\"version\":2,\"packages\":7}",
		"format version 2, this ccenv knows 1; use a newer ccenv"},
	{"{\"packages\":[]}", "version: expected the number of a format"},
	{"{\"version\":\"1\"}", "version: expected the number of a format"},
	{"[]", "line 1, column 1: expected an object"},
	{"{\"version\":1}\n}", "line 2, column 1: malformed data"},
	{"{\"version\":1,\n \"packages\":[}", "line 2, column 14: malformed data"},
	{"", "line 1, column 1: expected an object"},
	{LOCK("7", ""), "environments: expected an object, found a number"},
	{LOCK("{\"../x\":{}}", ""), "environments: invalid environment name"},
	{LOCK("{\"a\":{\"platforms\":{\"../x\":{}}}}", ""),
		"environments: a: unknown platform \"../x\""},
	{LOCK("{\"a\":{\"platforms\":{\"win-64\":{\"packages\":[\"x\"]}}}}", ""),
		"environments: a: win-64: x is not in the list of packages"},
	{LOCK("{\"a\":{\"platforms\":{\"win-64\":{\"virtual-packages\":[\"glibc\"]}}}}", ""),
		"environments: a: win-64: virtual-packages: \"glibc\": expected name=version=build"},
};

static void test_untrusted(void **state)
{
	(void)state;
	for (size_t i = 0; i < CE_COUNT(hostile); i++) {
		CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
		struct ccenv_error err = {0};
		int r = ce_lockfile_parse(hostile[i][0], strlen(hostile[i][0]), &lock, &err);

		if (!hostile[i][1] && r < 0)
			fail_msg("%s\nrefused: %s", hostile[i][0], err.text);
		if (!hostile[i][1])
			continue;
		if (r != CCENV_EDATA)
			fail_msg("%s\nwas not refused: %s", hostile[i][0], hostile[i][1]);
		assert_string_equal(err.text, hostile[i][1]);
	}
}

/* A channel whose packages are elsewhere, and one that has md5 only. */
static void test_origins(void **state)
{
	struct fixture *f = *state;
	const struct ce_solved s = {f->request, &f->solution, ""};
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *again = NULL;
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *none = NULL;
	struct ccenv_error err;

	f->pkgs[0].url = "https://cdn/files/app-1.0-h0_0.conda";
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = make_lock(f);
	assert_int_equal(lock->envs[0].n_bases, 1);
	assert_string_equal(lock->envs[0].bases[0].channel, "https://h/c");
	assert_string_equal(lock->envs[0].bases[0].url, "https://cdn/files");
	ce_lockfile_render(lock, &text);
	if (ce_lockfile_parse(text.data, text.len, &again, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(again->envs[0].n_bases, 1);
	assert_string_equal(again->envs[0].bases[0].url, "https://cdn/files");

	f->pkgs[0].url = "http://cdn/files/app-1.0-h0_0.conda";
	assert_int_equal(ce_lockfile_from_solutions(&s, 1, &none, &err), CCENV_EDATA);
	f->pkgs[0].url = "https://h/c/linux-64/app-1.0-h0_0.conda";
	f->pkgs[0].sha256 = NULL;
	f->pkgs[0].md5 = "0123456789abcdef0123456789abcdef";
	assert_int_equal(ce_lockfile_from_solutions(&s, 1, &none, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, "app-1.0-h0_0.conda has no sha256"));
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
		cmocka_unit_test_setup_teardown(test_origins, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
