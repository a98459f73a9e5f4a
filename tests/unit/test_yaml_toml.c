/* SPDX-License-Identifier: MIT */
/* YAML and TOML as JSON trees, and what is refused of hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "io/toml.h"
#include "io/yaml.h"

typedef int parse_fn(const char *text, size_t len, json_t **ret, struct ccenv_error *err);

static void gives(parse_fn *parse, const char *text, const char *json)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	struct ccenv_error err;
	CE_AUTOFREE char *out = NULL;

	if (parse(text, strlen(text), &v, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	out = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_string_equal(out, json);
}

static void refuses(parse_fn *parse, const char *text, size_t len, const char *why)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	struct ccenv_error err;

	assert_int_equal(parse(text, len, &v, &err), CCENV_EDATA);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" instead of \"%s\"", err.text, why);
}

#define YAML_REFUSES(text, why) refuses(ce_yaml_parse, text, sizeof(text) - 1, why)
#define TOML_REFUSES(text, why) refuses(ce_toml_parse, text, sizeof(text) - 1, why)

static void test_yaml_values(void **state)
{
	(void)state;
	gives(ce_yaml_parse, "a: 1\nb: '1'\nc: 1.10\nd: true\ne: ~\nf: yes\n",
		"{\"a\":1,\"b\":\"1\",\"c\":\"1.10\",\"d\":true,\"e\":null,\"f\":\"yes\"}");
	gives(ce_yaml_parse, "- 007\n- -3\n- 1e5\n- 0x10\n- 12345678901234567890123\n",
		"[\"007\",-3,\"1e5\",\"0x10\",\"12345678901234567890123\"]");
	gives(ce_yaml_parse, "a: !!str 5\nb: |\n  x\n  y\nc: []\nd: {}\n",
		"{\"a\":\"5\",\"b\":\"x\\ny\\n\",\"c\":[],\"d\":{}}");
	gives(ce_yaml_parse, "a: &x [1, 2]\nb: *x\nc: *x\n",
		"{\"a\":[1,2],\"b\":[1,2],\"c\":[1,2]}");
}

static void test_yaml_refuses(void **state)
{
	(void)state;
	YAML_REFUSES("", "the file is empty");
	YAML_REFUSES("a: 1\na: 2\n", "line 2, column 1: a key that is given twice");
	YAML_REFUSES("[a]: 1\n", "a key that is not a text");
	YAML_REFUSES("a: *b\n", "an alias without an anchor");
	YAML_REFUSES("&a [ *a ]\n", "an alias without an anchor before it");
	YAML_REFUSES("- &a 1\n- &a 2\n", "an anchor that is given twice");
	YAML_REFUSES("a: !!python/object:os.system x\n", "a tag that is not");
	YAML_REFUSES("a: 1\n---\nb: 2\n", "a second document");
	YAML_REFUSES("a: \"x\\0y\"\n", "NUL in a string");
	YAML_REFUSES("\"x\\0y\": 1\n", "NUL in a key");
	YAML_REFUSES("a: [1, 2\n", "line ");
	YAML_REFUSES("a: \xff\xfe\n", "");
}

/* Each line stands for ten times the one before it: 10^9 nodes in 300 bytes. */
static void test_yaml_billion_laughs(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	ce_buf_adds(&b, "l0: &l0 lol\n");
	for (int i = 1; i < 10; i++) {
		ce_buf_addf(&b, "l%d: &l%d [", i, i);
		for (int k = 0; k < 10; k++)
			ce_buf_addf(&b, "%s*l%d", k ? ", " : "", i - 1);
		ce_buf_adds(&b, "]\n");
	}
	refuses(ce_yaml_parse, b.data, b.len, "too many nodes");
}

static void test_depth(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf flow = {0}, block = {0}, dots = {0}, lists = {0};

	(void)state;
	for (int i = 0; i < 100000; i++) {
		ce_buf_adds(&flow, "[");
		ce_buf_adds(&block, "- ");
		ce_buf_adds(&dots, i ? ".a" : "a");
		ce_buf_adds(&lists, i ? "[" : "a = [");
	}
	ce_buf_adds(&dots, " = 1\n");
	refuses(ce_yaml_parse, flow.data, flow.len, "nested too deeply");
	refuses(ce_yaml_parse, block.data, block.len, "nested too deeply");
	refuses(ce_toml_parse, dots.data, dots.len, "a key with more than 48 dots");
	refuses(ce_toml_parse, lists.data, lists.len, "line 1");
}

static void test_toml_values(void **state)
{
	(void)state;
	gives(ce_toml_parse, "a = 1\nb = '1'\nc = true\n[d.e]\nf = ['x', 2]\n",
		"{\"a\":1,\"b\":\"1\",\"c\":true,\"d\":{\"e\":{\"f\":[\"x\",2]}}}");
	gives(ce_toml_parse, "a = {\n  b = 1,\n  c = 2,\n}\n", "{\"a\":{\"b\":1,\"c\":2}}");
	gives(ce_toml_parse, "day = 2025-01-02\nx.y = {z = \"a.b.c\"}\n",
		"{\"day\":\"2025-01-02\",\"x\":{\"y\":{\"z\":\"a.b.c\"}}}");
}

/* Dots of texts and comments are not those of keys. */
/* toml++ is undefined for some characters where TOML 1.0 has none. */
static void test_toml_ascii(void **state)
{
	static const char *const refused[] = {
		"[p\xEF\xBA\xBF]\n", "\xEF\xBA\xBF = 1\n", "a = 1 \xEF\xBA\xBF\n"};
	static const char *const escapes[] = {
		"a = \"\\\xEF\xBA\xBF\"\n", "a = \"\"\"\\\xEF\xBA\xBF\"\"\"\n"};
	static const char fine[] = "\xEF\xBB\xBF"
				   "a = \"\xEF\xBA\xBF\" # \xEF\xBA\xBF\n";
	CE_CLEANUP(ce_json_decrefp) json_t *tree = NULL;
	struct ccenv_error err;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(refused); i++)
		refuses(ce_toml_parse, refused[i], strlen(refused[i]), "that is not ASCII");
	for (size_t i = 0; i < CE_COUNT(escapes); i++)
		refuses(ce_toml_parse, escapes[i], strlen(escapes[i]), "that is not ASCII");
	assert_int_equal(ce_toml_parse(fine, strlen(fine), &tree, &err), 0);
	/* It looks at these as well: what is left of a number, and what follows the end of a line. */
	refuses(ce_toml_parse, "a = 0p'\xCA\x9D'\n", 11, "line 1");
	gives(ce_toml_parse, "a = \"\"\"\\\n  \xC3\xA9\"\"\"\n", "{\"a\":\"\xC3\xA9\"}");
}

static void test_toml_dots(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	struct ccenv_error err;

	(void)state;
	ce_buf_adds(&b,
		"# ................................................................\n"
		"a = \"................................................................\"\n"
		"b = '''\n.............................\n..............................'''\n"
		"c = \"\"\"\\\" ............................. ..............................\"\"\"\n"
		"d = [1.0, 2.0, 3.0]\n");
	assert_int_equal(ce_toml_parse(b.data, b.len, &v, &err), 0);
}

static void test_toml_refuses(void **state)
{
	(void)state;
	TOML_REFUSES("a = 1\na = 2\n", "line 2");
	TOML_REFUSES("a = \n", "line 1");
	TOML_REFUSES("a = \"x\\u0000y\"\n", "NUL in a string");
	TOML_REFUSES("a = \"\xff\"\n", "line 1");
	TOML_REFUSES("a = 99999999999999999999999\n", "line 1");
}

static void test_yaml_writes(void **state)
{
	static const char json[] =
		"{\"a\":\"1.10\",\"b\":[\"true\",\"x: y\",\"*\",\"https://a/b\",\"a b\",\"-\",\"\","
		"\"# no\",\"1e3\",\"no\",\"\\u00e4\",\"x\\ny\\n\",\" z\",\"z \",\"k:\"],\"c\":{},"
		"\"d\":[],\"e\":17,\"f\":true,\"g\":null,\"h\":[{\"i\":\"j\"}]}";
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL, *again = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_json_parse(json, strlen(json), &v, &err), 0);
	ce_yaml_format(v, &b);
	if (ce_yaml_parse(b.data, b.len, &again, &err) < 0)
		fail_msg("%s\n%s", err.text, b.data);
	assert_true(json_equal(v, again));
	assert_non_null(strstr(b.data, "a: '1.10'\n"));
	assert_non_null(strstr(b.data, "- https://a/b\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml_values),
		cmocka_unit_test(test_yaml_refuses),
		cmocka_unit_test(test_yaml_billion_laughs),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_toml_values),
		cmocka_unit_test(test_toml_ascii),
		cmocka_unit_test(test_toml_dots),
		cmocka_unit_test(test_toml_refuses),
		cmocka_unit_test(test_yaml_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
