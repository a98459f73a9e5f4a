/* SPDX-License-Identifier: MIT */
/*
 * Each field of a record in each type, through each reader: of an index in JSON and in msgpack, of a
 * lock, of conda-meta. All four must give one answer, and that must be rattler's
 * (tests/conformance/records.json, made by tests/oracle/make_records.py), or else stand with its
 * reason in record_deviations.json, where an entry that is not needed is a failure too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_json.h"
#include "model/pkg_read.h"

/* A row of the table: `value` is JSON text, NULL leaves the field out, "twice" gives it twice. */
struct row {
	const char *field, *value, *fn;
	const json_t *rattler;
};

/* ---- the record as bytes ---- */

static void add_raw(struct ce_buf *b, const json_t *v)
{
	CE_AUTOFREE char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	ce_buf_adds(b, text);
}

/* The members of the record, each behind a comma. */
static void add_json(struct ce_buf *b, const json_t *base, const struct row *row)
{
	const char *key;
	json_t *v;
	int times = !row->value ? 0 : strcmp(row->value, "twice") == 0 ? 2 : 1;

	json_object_foreach ((json_t *)base, key, v) {
		if (strcmp(key, row->field) == 0)
			continue;
		ce_buf_addf(b, ",\"%s\":", key);
		add_raw(b, v);
	}
	for (int i = 0; i < times; i++) {
		ce_buf_addf(b, ",\"%s\":", row->field);
		if (times == 2)
			add_raw(b, json_object_get(base, row->field));
		else
			ce_buf_adds(b, row->value);
	}
}

static void add_big_endian(struct ce_buf *b, uint64_t v, int bytes)
{
	for (int i = bytes; i-- > 0;)
		ce_buf_addc(b, (char)(v >> 8 * i));
}

static void add_msgpack(struct ce_buf *b, const json_t *v)
{
	const char *key;
	json_t *e;
	size_t i;
	double real;
	uint64_t bits;

	switch (json_typeof(v)) {
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
		ce_buf_addc(b, (char)(json_is_null(v) ? 0xc0 : json_is_true(v) ? 0xc3 : 0xc2));
		break;
	case JSON_INTEGER:
		ce_buf_addc(b, (char)0xd3);
		add_big_endian(b, (uint64_t)json_integer_value(v), 8);
		break;
	case JSON_REAL:
		real = json_real_value(v);
		memcpy(&bits, &real, sizeof(bits));
		ce_buf_addc(b, (char)0xcb);
		add_big_endian(b, bits, 8);
		break;
	case JSON_STRING:
		ce_buf_addc(b, (char)0xdb);
		add_big_endian(b, json_string_length(v), 4);
		ce_buf_add(b, json_string_value(v), json_string_length(v));
		break;
	case JSON_ARRAY:
		ce_buf_addc(b, (char)0xdd);
		add_big_endian(b, json_array_size(v), 4);
		json_array_foreach (v, i, e)
			add_msgpack(b, e);
		break;
	case JSON_OBJECT:
		ce_buf_addc(b, (char)0xdf);
		add_big_endian(b, json_object_size(v), 4);
		json_object_foreach ((json_t *)v, key, e) {
			ce_buf_addc(b, (char)0xd9);
			ce_buf_addc(b, (char)strlen(key));
			ce_buf_adds(b, key);
			add_msgpack(b, e);
		}
		break;
	}
}

/* As shards have it: hashes are bytes. */
static void add_member(struct ce_buf *b, const char *key, const json_t *v)
{
	ce_buf_addf(b, "%c%c%s", 0xd9, (int)strlen(key), key);
	if (strcmp(key, "sha256") != 0 && strcmp(key, "md5") != 0) {
		add_msgpack(b, v);
		return;
	}
	ce_buf_addf(b, "%c%c", 0xc4, (int)json_string_length(v) / 2);
	for (const char *p = json_string_value(v); *p; p += 2)
		ce_buf_addc(b, (char)strtoul((char[]){p[0], p[1], '\0'}, NULL, 16));
}

static void make_msgpack(struct ce_buf *b, const json_t *base, const struct row *row)
{
	int times = !row->value ? 0 : strcmp(row->value, "twice") == 0 ? 2 : 1;
	const json_t *own = json_object_get(base, row->field);
	const char *key;
	json_t *v, *value;

	ce_buf_addc(b, (char)0xdf);
	add_big_endian(b, json_object_size(base) - 1 + (size_t)times, 4);
	json_object_foreach ((json_t *)base, key, v)
		if (strcmp(key, row->field) != 0)
			add_member(b, key, v);
	for (int i = 0; i < times; i++) {
		if (times == 2) {
			add_member(b, row->field, own);
			continue;
		}
		value = json_loads(row->value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		if (!value) /* an integer beyond 64 bits */
			value = json_loads(
				row->value, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
		ce_buf_addf(b, "%c%c%s", 0xd9, (int)strlen(row->field), row->field);
		add_msgpack(b, value);
		json_decref(value);
	}
}

/* ---- what a reader made of it ---- */

/* The field as rattler's answer is written; NULL for refused. To be freed. */
static json_t *field_of(const struct ce_pkg *p, const char *field)
{
	static const char *const noarch[] = {NULL, "generic", "python"};
	CE_CLEANUP(ce_json_decrefp) json_t *o = ce_pkg_to_json(p);
	json_t *v = json_object_get(o, field);

	if (strcmp(field, "noarch") == 0)
		return noarch[p->noarch] ? json_string(noarch[p->noarch]) : json_null();
	return v ? json_incref(v) : json_null();
}

static json_t *read_index(
	const struct row *row, const char *data, size_t len, bool msgpack, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_pkg_origin origin = {.fn = row->fn,
		.fn_len = strlen(row->fn),
		.subdir = "noarch",
		.channel = "https://h/c",
		.base_url = "https://h/c/noarch"};
	struct ce_cursor c;
	struct ce_pkg p;

	if (msgpack)
		ce_cursor_msgpack(&c, data, len, &a);
	else
		ce_cursor_json(&c, data, len, &a);
	return ce_pkg_read(&c, &origin, &p, err) < 0 ? NULL : field_of(&p, row->field);
}

static json_t *read_meta(
	const struct row *row, const char *data, size_t len, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_cursor c;
	struct ce_pkg p;

	ce_cursor_json(&c, data, len, &a);
	return ce_pkg_read(&c, NULL, &p, err) < 0 ? NULL : field_of(&p, row->field);
}

static json_t *read_lock(
	const struct row *row, const char *data, size_t len, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;

	if (ce_lockfile_parse(data, len, &lock, err) < 0)
		return NULL;
	return field_of(&lock->pkgs[0], row->field);
}

enum reader {
	INDEX_JSON,
	INDEX_MSGPACK,
	LOCK,
	CONDA_META,
	READERS
};

static const char *const reader_names[] = {"index json", "index msgpack", "lock", "conda-meta"};

static json_t *read_by(
	enum reader reader, const json_t *base, const struct row *row, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *fn = json_string(row->fn);
	CE_AUTOFREE char *quoted = json_dumps(fn, JSON_ENCODE_ANY);

	if (reader == INDEX_MSGPACK) {
		make_msgpack(&b, base, row);
		return read_index(row, b.data, b.len, true, err);
	}
	if (reader == LOCK)
		ce_buf_adds(&b, "{\"version\":1,\"environments\":{},\"packages\":[");
	if (reader == INDEX_JSON)
		ce_buf_adds(&b, "{\"x\":0");
	else
		ce_buf_addf(
			&b, "{\"subdir\":\"noarch\",\"url\":\"https://h/c/noarch/%s", quoted + 1);
	add_json(&b, base, row);
	ce_buf_adds(&b, reader == LOCK ? "}]}" : "}");
	switch (reader) {
	case LOCK:
		return read_lock(row, b.data, b.len, err);
	case CONDA_META:
		return read_meta(row, b.data, b.len, err);
	default:
		return read_index(row, b.data, b.len, false, err);
	}
}

/* ---- the table ---- */

static json_t *load(const char *path)
{
	struct ccenv_error err;
	json_t *o = NULL;

	if (ce_json_read(path, 4 << 20, &o, &err) < 0)
		fail_msg("%s", err.text);
	return o;
}

static bool same(const json_t *x, const json_t *y)
{
	if (!x || !y)
		return x == y;
	return json_equal(x, y) || (json_is_number(x) && json_is_number(y) &&
					   json_number_value(x) == json_number_value(y));
}

/* Is there an entry for this row with this answer (NULL: refused)? Marks it as used. */
static bool is_deviation(json_t *deviations, const struct row *row, const json_t *ours)
{
	json_t *group, *entry;
	size_t i, k;

	json_array_foreach (deviations, i, group)
		json_array_foreach (json_object_get(group, "rows"), k, entry) {
			const char *value = json_string_value(json_array_get(entry, 1));

			if (strcmp(json_string_value(json_array_get(entry, 0)), row->field) != 0 ||
				!same(json_array_get(entry, 2), ours) || !value != !row->value ||
				(value && strcmp(value, row->value) != 0))
				continue;
			json_array_append_new(entry, json_true());
			return true;
		}
	return false;
}

static void assert_all_used(const json_t *deviations)
{
	json_t *group, *entry;
	size_t i, k;

	json_array_foreach (deviations, i, group)
		json_array_foreach (json_object_get(group, "rows"), k, entry)
			if (!json_is_true(json_array_get(entry, json_array_size(entry) - 1)))
				fail_msg("%s %s is no deviation",
					json_string_value(json_array_get(entry, 0)),
					json_string_value(json_array_get(entry, 1)));
}

/* A lock needs the sha256 that an index may leave out. */
static bool is_only_for_index(enum reader reader, const struct row *row, const json_t *first)
{
	return reader == LOCK && strcmp(row->field, "sha256") == 0 && json_is_null(first);
}

static size_t check_row(const json_t *base, const struct row *row, json_t *deviations)
{
	const json_t *wanted = json_object_get(row->rattler, "as");
	CE_CLEANUP(ce_json_decrefp) json_t *first = NULL;
	struct ccenv_error err = {0};

	for (enum reader reader = 0; reader < READERS; reader++) {
		CE_CLEANUP(ce_json_decrefp) json_t *got = read_by(reader, base, row, &err);

		if (reader == 0)
			first = json_incref(got);
		else if (!same(first, got) && !is_only_for_index(reader, row, first))
			fail_msg("%s: %s: %s answers otherwise than %s: %s", row->field, row->value,
				reader_names[reader], reader_names[0], err.text);
		/* Whoever hears of the record hears of the field. */
		if (!got && !strstr(err.text, row->field) && strcmp(row->field, "name") != 0)
			fail_msg("%s: %s: \"%s\"", row->field, row->value, err.text);
	}
	if (same(first, wanted) || is_deviation(deviations, row, first))
		return 0;
	if (first)
		json_dumpf(first, stderr, JSON_ENCODE_ANY);
	fprintf(stderr, " for [\"%s\", %s], rattler: ", row->field, row->value);
	json_dumpf(row->rattler, stderr, JSON_ENCODE_ANY);
	fprintf(stderr, " %s\n", err.text);
	return 1;
}

static void test_table(void **state)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *table = load(TEST_DATA "/conformance/records.json");
	CE_CLEANUP(ce_json_decrefp)
	json_t *deviations = load(TEST_DATA "/conformance/record_deviations.json");
	json_t *rows = json_object_get(table, "rows"), *r;
	size_t i, differ = 0;

	(void)state;
	json_array_foreach (rows, i, r) {
		const struct row row = {.field = json_string_value(json_array_get(r, 0)),
			.value = json_string_value(json_array_get(r, 1)),
			.fn = json_string_value(json_array_get(r, 2)),
			.rattler = json_array_get(r, 3)};

		differ += check_row(json_object_get(table, "base"), &row, deviations);
	}
	print_message(
		"records.json: %zu of %zu rows, each read by %d readers\n", i - differ, i, READERS);
	assert_true(i > 800);
	assert_int_equal(differ, 0);
	assert_all_used(deviations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
