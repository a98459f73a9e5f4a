/* SPDX-License-Identifier: MIT */
/* MatchSpecs: messages, strict mode, canonical texts, hostile input. The tables of cases are in
 * test_conformance.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "model/pkg.h"
#include "spec/channel.h"
#include "spec/name.h"
#include "spec/spec.h"

static const struct ce_spec *parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a)
{
	const struct ce_spec *spec;
	struct ccenv_error err;

	if (ce_spec_parse(text, mode, a, &spec, &err) < 0)
		fail_msg("%s", err.text);
	return spec;
}

static void expect_error(const char *text, enum ce_spec_mode mode, const char *message)
{
	const struct ce_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;

	assert_int_equal(ce_spec_parse(text, mode, &arena, &spec, &err), CCENV_EDATA);
	assert_string_equal(err.text, message);
	ce_arena_release(&arena);
}

static void test_messages(void **state)
{
	(void)state;
	expect_error("cuda-nvcc >=", CE_SPEC_STRICT,
		"expected a version after '>='\n"
		"    cuda-nvcc >=\n"
		"                ^");
	expect_error("pack@ge", CE_SPEC_STRICT,
		"'@' cannot stand in a package name\n"
		"    pack@ge\n"
		"        ^");
	expect_error("python[version>3]", CE_SPEC_STRICT,
		"expected '=': write version='…' with the operator in quotes\n"
		"    python[version>3]\n"
		"                  ^");
	expect_error("foo[colour=red]", CE_SPEC_STRICT,
		"unknown key 'colour'; known are version build build_number channel subdir fn url "
		"md5 sha256 license license_family track_features when extras flags\n"
		"    foo[colour=red]\n"
		"        ^");
	expect_error("conda-forge:pypi:numpy", CE_SPEC_STRICT,
		"namespaces are not supported: write channel::name\n"
		"    conda-forge:pypi:numpy\n"
		"               ^");
	expect_error("python 3.8 h_0 extra", CE_SPEC_STRICT,
		"nothing but [key=value] can stand behind the build\n"
		"    python 3.8 h_0 extra\n"
		"                   ^");
	expect_error("cuda-nvcc[version='>=12.4@']", CE_SPEC_STRICT,
		"this character cannot stand in a version\n"
		"    cuda-nvcc[version='>=12.4@']\n"
		"                             ^");
	expect_error("foo 1.0 a\tb\x01", CE_SPEC_LENIENT,
		"a control character in a package spec\n"
		"    foo 1.0 a?b?\n"
		"               ^");
	/* What may be a password is not shown, whatever is wrong. */
	expect_error("https//me:s3cret@h/c::foo", CE_SPEC_STRICT,
		"namespaces are not supported: write channel::name\n"
		"    https//*********@h/c::foo\n"
		"             ^");
	expect_error("https://me:s3cret@h/t/s3cret/c::!!", CE_SPEC_STRICT,
		"expected a package name\n"
		"    https://*********@h/t/******/c::!!\n"
		"                                    ^");
	expect_error("foo[channel=me:s3cret@h/c]", CE_SPEC_STRICT,
		"':' cannot stand in a channel\n"
		"    foo[*****************@h/c]\n"
		"                  ^");
	expect_error("http://::foo", CE_SPEC_STRICT,
		"expected a channel: this URL has no host\n"
		"    http://::foo\n"
		"    ^");
	expect_error("./pkgs/foo-1.0-0.conda", CE_SPEC_STRICT,
		"a package file needs its URL or absolute path: https://…, file:///… or /…\n"
		"    ./pkgs/foo-1.0-0.conda\n"
		"    ^");
}

/* Of a long text the message shows the neighbourhood. */
static void test_long_text(void **state)
{
	const struct ce_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	char text[5000];
	char *caret, *line;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "cuda-nvcc", 9);
	memcpy(text + 2000, "??", 2);
	text[4000] = '\0';
	assert_int_equal(ce_spec_parse(text, CE_SPEC_STRICT, &arena, &spec, &err), CCENV_EDATA);
	caret = strrchr(err.text, '\n') + 1;
	line = strchr(err.text, '\n') + 1;
	assert_int_equal(line[strlen(caret) - 1], '?');
	assert_true(strlen(err.text) < 300);
	memset(text, 'a', sizeof(text));
	text[4999] = '\0';
	assert_int_equal(ce_spec_parse(text, CE_SPEC_STRICT, &arena, &spec, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, "at most 4096 characters"));
	ce_arena_release(&arena);
}

static void test_strict(void **state)
{
	static const char *const lenient_only[] = {"* >=1", "py* 3.7", "foo 1.0[version=2.0]",
		"foo * h_0[build=h_1]", "defaults::foo[channel=anaconda]", "foo[name=bar]",
		"foo[version=1 build=h_0]", "foo 1.0 h_0|h_1", "foo[when='not python']",
		"foo[subdir=linux-65]", "foo ==1.0.*", "blas *.* mkl", "foo[build='h 0']"};
	const struct ce_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(lenient_only); i++) {
		if (ce_spec_parse(lenient_only[i], CE_SPEC_STRICT, &arena, &spec, &err) == 0)
			fail_msg("%s is read in strict mode", lenient_only[i]);
		parse(lenient_only[i], CE_SPEC_LENIENT, &arena);
	}
	expect_error("foo 1.0[version=2.0]", CE_SPEC_STRICT,
		"the version is given twice\n"
		"    foo 1.0[version=2.0]\n"
		"                    ^");
	ce_arena_release(&arena);
}

/* One meaning, one text. */
static void test_canonical(void **state)
{
	static const struct {
		const char *text, *spellings[5];
	} cases[] = {
		{"cuda-nvcc 12.4.*",
			{"cuda-nvcc=12.4", "CUDA-nvcc =12.4", "cuda-nvcc[version='12.4.*']",
				"  cuda-nvcc   12.4*  # note", "cuda-nvcc = 12.4.*"}},
		{"cuda-nvcc ==12.4 h_0",
			{"cuda-nvcc=12.4=h_0", "cuda-nvcc 12.4 h_0", "cuda-nvcc==12.4=h_0",
				"cuda-nvcc[version=12.4,build=h_0]",
				"cuda-nvcc[build='h_0', version=\"==12.4\"]"}},
		{"conda-forge::p >=1,<2|==3[build_number='>=3',subdir=linux-64]",
			{"conda-forge/linux-64::p >=1 , < 2 | 3[build_number='>=3']",
				"p (>=1,<2)|3[channel=conda-forge/linux-64,build_number='>= 3']",
				"https://conda.anaconda.org/conda-forge/linux-64::p>=1,<2|==3["
				"build_number='>=3']"}},
		{"p", {"p *", "p=*", "p * *", "p[]", "p[version='*',build=*]"}},
		{"p * *_cuda", {"p=*=*_cuda", "p[build=*_cuda]", "p * [build='*_cuda']"}},
		{"https://h/c/linux-64/x264-1%21164-h_2.conda#8b1a9953c4611296a827abf8c47804d7",
			{"https://u:p@h/t/tk-1/c/linux-64/x264-1%21164-h_2.conda#"
			 "8B1A9953C4611296A827ABF8C47804D7"}},
	};
	struct ce_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		const char *text = cases[i].text;

		assert_string_equal(parse(text, CE_SPEC_STRICT, &arena)->text, text);
		for (size_t k = 0; k < 5 && cases[i].spellings[k]; k++)
			assert_string_equal(
				parse(cases[i].spellings[k], CE_SPEC_STRICT, &arena)->text, text);
	}
	ce_arena_release(&arena);
}

static void test_url(void **state)
{
	struct ce_arena arena = {0};
	const struct ce_spec *s =
		parse("https://h/c/linux-64/x264-1%21164-h_2.conda#sha256:"
		      "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894"
		      "edd3",
			CE_SPEC_STRICT, &arena);

	(void)state;
	assert_string_equal(s->name, "x264");
	assert_string_equal(s->version_text, "==1!164");
	assert_string_equal(s->build, "h_2");
	assert_string_equal(s->fn, "x264-1!164-h_2.conda");
	assert_string_equal(s->channel, "https://h/c");
	assert_string_equal(s->subdir, "linux-64");
	assert_non_null(s->sha256);
	ce_arena_release(&arena);
}

static bool admits(const char *text, struct ce_pkg *pkg, struct ce_arena *a)
{
	return ce_spec_matches(parse(text, CE_SPEC_LENIENT, a), pkg);
}

static void test_channel_and_url_match(void **state)
{
	struct ce_arena arena = {0};
	struct ce_pkg p = {.name = "nccl",
		.version = "2.27",
		.build = "h4ea1c3d_0",
		.subdir = "linux-64",
		.channel = "https://conda.anaconda.org/nvidia/label/cuda-12.4.1",
		.fn = "nccl-2.27-h4ea1c3d_0.conda",
		.url = "https://conda.anaconda.org/nvidia/label/cuda-12.4.1/linux-64/"
		       "nccl-2.27-h4ea1c3d_0.conda"};

	(void)state;
	ce_pkg_prepare(&p, &arena);
	assert_true(admits("nvidia/label/cuda-12.4.1::nccl", &p, &arena));
	assert_true(admits("cuda-12.4.1::nccl", &p, &arena));
	assert_true(
		admits("https://conda.anaconda.org/nvidia/label/cuda-12.4.1::nccl", &p, &arena));
	assert_false(admits("a-12.4.1::nccl", &p, &arena)); /* not a whole part */
	assert_false(admits("https://other/nvidia/label/cuda-12.4.1::nccl", &p, &arena));
	assert_false(admits("nvidia::nccl", &p, &arena));
	assert_true(admits("*/linux-64::nccl", &p, &arena));
	assert_true(admits(p.url, &p, &arena));
	assert_false(admits("https://conda.anaconda.org/nvidia/label/cuda-12.4.1/linux-64/"
			    "nccl-2.27-h4ea1c3d_1.conda",
		&p, &arena));
	assert_true(admits("nccl[build='^h4.*_(0|1)$']", &p, &arena));
	assert_false(admits("nccl[build='^h4.*_(2|1)$']", &p, &arena));
	/* A virtual package has neither channel nor file. */
	p = (struct ce_pkg){.name = "__cuda", .version = "12.9", .build = "0"};
	ce_pkg_prepare(&p, &arena);
	assert_true(admits("__cuda >=12.4", &p, &arena));
	assert_false(admits("conda-forge::__cuda", &p, &arena));
	/* A version that does not parse meets no constraint. */
	p.parsed_version = NULL;
	assert_true(admits("__cuda", &p, &arena));
	assert_false(admits("__cuda >=0", &p, &arena));
	ce_arena_release(&arena);
}

static void test_name(void **state)
{
	static const char *const cases[][2] = {{"cuda-nvcc", "cuda-nvcc"},
		{"cuda-nvcc >=12,<13", "cuda-nvcc"}, {"libfoo=1.0=b", "libfoo"}, {"  p>1", "p"},
		{"__glibc >=2.17", "__glibc"}, {"p[version='1']", "p"}, {"p # c", "p"},
		{"conda-forge::p 1", "p"}, {"https://h/c/linux-64::p[build=x]", "p"},
		{"p[channel='https://h/c']", "p"}, {"PyJWT >=2", "PyJWT"}, {"p\t>1", "p"},
		{"p|q", "p"}, {"p*", "p"}, {"p(>1)", "p"}, {"ns:p 1", "p"}, {"c:ns:p", "p"},
		{"c:: p 1", "p"}, {"c ::p", "p"}, {"::p", "p"},
		{"https://h/c/linux-64/p-1.0-0.conda", ""}, {"", ""}, {">=1", ""}};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		const char *name = "";
		size_t n = ce_dependency_name(cases[i][0], &name);

		assert_int_equal(n, strlen(cases[i][1]));
		assert_memory_equal(name, cases[i][1], n);
	}
}

/* Every way to write a channel, as the one URL that everything else works with. NULL: refused. */
static void test_channel_url(void **state)
{
	static const char *const cases[][2] = {
		{"conda-forge", "https://conda.anaconda.org/conda-forge"},
		{"conda-forge/", "https://conda.anaconda.org/conda-forge"},
		{"nvidia/label/cuda-12.4.1", "https://conda.anaconda.org/nvidia/label/cuda-12.4.1"},
		{"https://h/c/", "https://h/c"}, {"https://h/c//", "https://h/c"},
		{"http://[::1]:8080/c", "http://[::1]:8080/c"},
		{"https://me:pw@h/t/tk-1/c", "https://me:pw@h/t/tk-1/c"},
		{"https://h/a b", "https://h/a%20b"},
		{"https://h/a%20b?x=1", "https://h/a%20b?x=1"},
		{"file:///home/jos\xc3\xa9/c", "file:///home/jos%C3%A9/c"}, {"/a/c", "file:///a/c"},
		{"/a//b/../c/", "file:///a/c"}, {"/a/50% #1?", "file:///a/50%25%20%231%3F"},
		{"./c", "file:///project/c"}, {"../c", "file:///c"}, {".", "file:///project"},
		{"~/c", "file:///home/me/c"}, {"~", "file:///home/me"},
		{"~/../c", "file:///home/c"}, {"~other/c", NULL}, {"~~/c", NULL},
		{"https//me:s3cret@h/c", NULL}, {"https//h/c", NULL}, {"https/h/c", NULL},
		{"HTTP/h/c", NULL}, {"http:/me:s3cret@h/c", NULL}, {"http:/h/c", NULL},
		{"https:me:s3cret@h/c", NULL}, {"https:h", NULL},
		{"htps://me:s3cret@h/t/s3cret/c", NULL}, {"htps://h/c?key=s3cret", NULL},
		{"https;//me:s3cret@h", NULL}, {"https.//me:s3cret@h", NULL},
		{"https:\\me:s3cret@h\\c", NULL}, {"https\\h\\c", NULL},
		{" https://me:s3cret@h/c", NULL}, {"https ://me:s3cret@h/c", NULL},
		{"://me:s3cret@h/c", NULL}, {"//me:s3cret@h/c", NULL}, {"me:s3cret@h/c", NULL},
		{"s3cret@h", NULL}, {"h:8080/c", NULL}, {"https:///me:s3cret@h/c", NULL},
		{"https://", NULL}, {"https://me:s3cret@/c", NULL},
		{"http://https://me:s3cret@h/c", NULL}, {"ftp://me:s3cret@h/c", NULL},
		{"s3://b/c?token=s3cret", NULL}, {"h/t/s3cret/c?x=s3cret", NULL},
		{"h/c#s3cret", NULL}, {"", NULL}, {"/", "file:///"}, {"file:///", "file:///"},
		{"file://localhost/a/c/", "file:///a/c"}, {"file://localhosts/c", NULL},
		{"file://host/c", NULL}};
	const struct ce_channel_base base = {.dir = "/project", .home = "/home/me"};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		struct ccenv_error err;
		const char *url = NULL;
		int r = ce_channel_url(cases[i][0], &base, &a, &url, &err);

		if (r != (cases[i][1] ? 0 : CCENV_EUSAGE))
			fail_msg("%s: %d", cases[i][0], r);
		if (r < 0)
			assert_null(strstr(err.text, "s3cret"));
		if (cases[i][1])
			assert_string_equal(url, cases[i][1]);
	}
}

/* What `list` shows of where a package comes from: a host that is not conda's is always there. */
static void test_channel_without_alias(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"https://conda.anaconda.org/conda-forge", "conda-forge"},
		{"https://conda.anaconda.org/t/a/b", "t/a/b"},
		{"https://prefix.dev/conda-forge", "https://prefix.dev/conda-forge"},
		/* These names would be read as something else. */
		{"https://conda.anaconda.org/", "https://conda.anaconda.org/"},
		{"https://conda.anaconda.org/a@b", "https://conda.anaconda.org/a@b"},
		{"https://conda.anaconda.org//a", "https://conda.anaconda.org//a"},
		{"https://conda.anaconda.org/~a", "https://conda.anaconda.org/~a"},
		{"https://conda.anaconda.org/../a", "https://conda.anaconda.org/../a"},
		{"https://conda.anaconda.org/a*", "https://conda.anaconda.org/a*"},
		{"https://conda.anaconda.org/http/a", "https://conda.anaconda.org/http/a"},
	};

	for (size_t i = 0; i < CE_COUNT(cases); i++)
		assert_string_equal(ce_channel_without_alias(cases[i][0]), cases[i][1]);
}

static void test_channel_shown(void **state)
{
	static const char *const cases[][3] = {
		{"https://conda.anaconda.org/conda-forge",
			"https://conda.anaconda.org/conda-forge/noarch/a-1-0.conda", "conda-forge"},
		{"https://conda.anaconda.org/conda-forge", "https://cdn.example:8/x/a-1-0.conda",
			"conda-forge@cdn.example:8"},
		{"https://evil.example/conda-forge",
			"https://evil.example/conda-forge/noarch/a-1-0.conda",
			"evil.example/conda-forge"},
		{"https://conda.anaconda.org.evil.example/conda-forge",
			"https://conda.anaconda.org.evil.example/conda-forge/noarch/a-1-0.conda",
			"conda.anaconda.org.evil.example/conda-forge"},
		{"file:///home/me/channel", "file:///home/me/channel/noarch/a-1-0.conda",
			"channel"}};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++)
		assert_string_equal(ce_channel_shown(cases[i][0], cases[i][1], &a), cases[i][2]);
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Changes a byte or a few: to any byte, or to one that the grammar knows. */
static void mutate(char *text, size_t *len, size_t cap, uint64_t *seed)
{
	static const char alphabet[] =
		"*.,|()[]=<>!~'\"^$ :/#;-_+%0123456789abcdefv\t\x7f\x80\xff\x1b";
	size_t n = 1 + next(seed) % 4;

	while (n--) {
		size_t at = *len ? next(seed) % *len : 0;
		char c = alphabet[next(seed) % (sizeof(alphabet) - 1)];

		switch (next(seed) % 4) {
		case 0:
			if (*len)
				text[at] = c;
			break;
		case 1:
			if (*len + 1 < cap) {
				memmove(text + at + 1, text + at, *len - at);
				text[at] = c;
				++*len;
			}
			break;
		case 2:
			if (*len) {
				memmove(text + at, text + at + 1, *len - at - 1);
				--*len;
			}
			break;
		default: /* double a part */
			if (2 * *len - at < cap) {
				memmove(text + *len, text + at, *len - at);
				*len += *len - at;
			}
		}
	}
	text[*len] = '\0';
}

/* Whatever comes in: no crash, an error with its caret, or a spec whose text is a fixed point. */
static void test_mutations(void **state)
{
	static const char *const seeds[] = {"numpy >1.8,<2|==1.7,!=1.9,~=1.7.1 py34_0",
		"defaults::numpy=1.8=py27_0 [channel='anaconda',version=\">=1.8,<2|1.9\", build='3']",
		"https://conda.anaconda.org/c/linux-64/conda-4.3.21.post699+1dab973-py36h_0.conda",
		"* >=3,(<4|(<5,>4.5)),!=1!4.2_", "foo[when='python >=3.6',extras=[a, b],flags=[c]]",
		"libblas[build='^.*(accelerate|mkl)$',build_number='>=3',md5=8b1a9953c4611296a827abf8c47804d7]",
		"openblas 0.2.18|0.2.18.*.", "~/c::p ==2.7.*.*|>=3.6[license='*GPL*',fn=x]"};
	struct ce_pkg pkg = {.name = "numpy",
		.version = "1.8.1",
		.build = "py27_0",
		.subdir = "noarch",
		.channel = "https://conda.anaconda.org/defaults",
		.fn = "",
		.url = ""};
	uint64_t seed = 88172645463325252ULL;
	struct ce_arena keep = {0};
	size_t parsed = 0;

	(void)state;
	ce_pkg_prepare(&pkg, &keep);
	for (int i = 0; i < 60000; i++) {
		enum ce_spec_mode mode = i % 2 ? CE_SPEC_STRICT : CE_SPEC_LENIENT;
		const char *from = seeds[(size_t)i % CE_COUNT(seeds)], *name;
		const struct ce_spec *spec, *again;
		struct ce_arena arena = {0};
		struct ccenv_error err = {0};
		size_t len = strlen(from);
		char *text = malloc(512); /* on the heap: ASan sees a read behind its end */

		memcpy(text, from, len + 1);
		mutate(text, &len, 512, &seed);
		text = realloc(text, len + 1);
		(void)ce_dependency_name(text, &name);
		if (ce_spec_parse(text, mode, &arena, &spec, &err) < 0) {
			assert_non_null(strrchr(err.text, '^'));
		} else {
			parsed++;
			(void)ce_spec_matches(spec, &pkg);
			if (ce_spec_parse(spec->text, CE_SPEC_LENIENT, &arena, &again, &err) < 0)
				fail_msg("'%s' has the text '%s': %s", text, spec->text, err.text);
			if (strcmp(spec->text, again->text) != 0)
				fail_msg("'%s' has the texts '%s' and '%s'", text, spec->text,
					again->text);
			assert_int_equal(ce_spec_matches(spec, &pkg), ce_spec_matches(again, &pkg));
		}
		free(text);
		ce_arena_release(&arena);
	}
	assert_true(parsed > 3000); /* else the mutations test nothing */
	ce_arena_release(&keep);
}

/* A big index: 80,000 records and 20,000 distinct dependencies, read and compared. */
static void test_speed(void **state)
{
	enum {
		RECORDS = 80000,
		SPECS = 20000,
		GROUP = 40 /* records of one name */
	};
	struct ce_arena arena = {0};
	struct ce_pkg *pkgs = ce_arena_array(&arena, RECORDS, sizeof(*pkgs));
	struct timespec t0, t1;
	size_t hits = 0;
	double seconds;

	(void)state;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	for (size_t i = 0; i < RECORDS; i++) {
		pkgs[i].name = ce_arena_printf(&arena, "pkg%zu", i / GROUP);
		pkgs[i].version = ce_arena_printf(&arena, "%zu.%zu.%zu", i % 7, i % 11, i % 3);
		pkgs[i].build = "h0_0";
		ce_pkg_prepare(&pkgs[i], &arena);
	}
	for (size_t i = 0; i < SPECS; i++) {
		size_t group = i % (RECORDS / GROUP);
		const char *text = i % 2 ? ce_arena_printf(&arena, "pkg%zu >=%zu.%zu,<%zu.0a0",
						   group, i % 7, i % 11, i % 7 + 1)
					 : ce_arena_printf(&arena, "pkg%zu %zu.%zu.*|%zu.* h*",
						   group, i % 7, i % 11, i % 5);
		const struct ce_spec *spec = parse(text, CE_SPEC_LENIENT, &arena);

		for (size_t k = 0; k < GROUP; k++)
			hits += ce_spec_matches(spec, &pkgs[group * GROUP + k]);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
	seconds = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
	print_message("%d records, %d specs, %zu matches: %.3f s\n", RECORDS, SPECS, hits, seconds);
	assert_true(hits > 10000);
	assert_true(seconds < 10); /* sanitizers take their time; 0.15 s without them */
	ce_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channel_url),
		cmocka_unit_test(test_channel_without_alias),
		cmocka_unit_test(test_channel_shown),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_channel_and_url_match),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
