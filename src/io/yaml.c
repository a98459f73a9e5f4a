/* SPDX-License-Identifier: MIT */
/* YAML by the events of libyaml: its own trees have no bound on what aliases stand for. */
#include "io/yaml.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/map.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

enum {
	DEPTH_MAX = 48,
	NODES_MAX = 4000000,
	ANCHORS_MAX = 10000,
	DIGITS_MAX = 18, /* of a number that surely fits 64 bits */
};

/* ---- reading ---- */

/* What an anchor names; `value` is NULL until its end has been read. */
struct anchor {
	json_t *value;
	size_t nodes;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	bool has_event;
	size_t nodes; /* those of aliases counted each time */
	struct ce_map anchors;
	struct ccenv_error *err;
};

static int fail_at(struct reader *r, const yaml_mark_t *at, const char *text)
{
	return ce_fail(r->err, CCENV_EDATA, "line %zu, column %zu: %s", at->line + 1,
		at->column + 1, text);
}

static int fail_here(struct reader *r, const char *text)
{
	return fail_at(r, &r->event.start_mark, text);
}

static int next_event(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event))
		return fail_at(r, &r->parser.problem_mark,
			r->parser.problem ? r->parser.problem : "malformed YAML");
	r->has_event = true;
	return 0;
}

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

static bool is_whole_number(const char *s)
{
	size_t n;

	s += *s == '-';
	n = strspn(s, "0123456789");
	return n > 0 && n <= DIGITS_MAX && s[n] == '\0' && (s[0] != '0' || n == 1);
}

static json_t *plain_scalar(const char *s, size_t len)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};

	if (is_one_of(s, nulls))
		return json_null();
	if (is_one_of(s, trues))
		return json_true();
	if (is_one_of(s, falses))
		return json_false();
	if (is_whole_number(s))
		return json_integer(strtoll(s, NULL, 10));
	return json_stringn(s, len);
}

/* Is the tag one of YAML's own that leaves the value what it is? */
static bool tag_is_known(const char *tag)
{
	static const char *const tags[] = {"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int",
		"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:float",
		"tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", "tag:yaml.org,2002:timestamp",
		NULL};

	return !tag || is_one_of(tag, tags);
}

static int read_scalar(struct reader *r, json_t **ret)
{
	const char *s = (const char *)r->event.data.scalar.value;
	const char *tag = (const char *)r->event.data.scalar.tag;
	size_t len = r->event.data.scalar.length;
	bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (strlen(s) != len)
		return fail_here(r, "NUL in a string");
	if (tag && (strcmp(tag, "!") == 0 || ce_has_suffix(tag, ":str")))
		plain = false;
	*ret = plain ? plain_scalar(s, len) : json_stringn(s, len);
	return *ret ? 0 : fail_here(r, "a string that is not UTF-8");
}

static int read_node(struct reader *r, int depth, json_t **ret);

static int read_sequence(struct reader *r, int depth, json_t *array)
{
	for (;;) {
		json_t *item;
		int e = next_event(r);

		if (e < 0)
			return e;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		e = read_node(r, depth + 1, &item);
		if (e < 0)
			return e;
		json_array_append_new(array, item);
	}
}

/* The key that the current event is; malloc'ed. */
static int read_key(struct reader *r, const json_t *object, char **ret)
{
	const char *s;

	if (r->event.type != YAML_SCALAR_EVENT)
		return fail_here(r, "a key that is not a text");
	s = (const char *)r->event.data.scalar.value;
	if (strlen(s) != r->event.data.scalar.length)
		return fail_here(r, "NUL in a key");
	if (json_object_get(object, s))
		return fail_here(r, "a key that is given twice");
	*ret = ce_strdup(s);
	return 0;
}

static int read_mapping(struct reader *r, int depth, json_t *object)
{
	for (;;) {
		CE_AUTOFREE char *key = NULL;
		json_t *value;
		int e = next_event(r);

		if (e < 0)
			return e;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		e = read_key(r, object, &key);
		if (e < 0)
			return e;
		e = next_event(r);
		if (e < 0)
			return e;
		e = read_node(r, depth + 1, &value);
		if (e < 0)
			return e;
		if (json_object_set_new(object, key, value) < 0)
			return fail_here(r, "a key that is not UTF-8");
	}
}

static int count(struct reader *r, size_t n)
{
	r->nodes += n;
	return r->nodes > NODES_MAX
		       ? fail_here(r, "too many nodes, counting what aliases stand for")
		       : 0;
}

static int read_alias(struct reader *r, json_t **ret)
{
	const struct anchor *a = ce_map_get(&r->anchors, (const char *)r->event.data.alias.anchor);
	int e;

	if (!a || !a->value)
		return fail_here(r, "an alias without an anchor before it");
	e = count(r, a->nodes);
	if (e < 0)
		return e;
	*ret = json_incref(a->value);
	return 0;
}

/* A place for the anchor of the current node, or NULL. */
static int begin_anchor(struct reader *r, const yaml_char_t *name, struct anchor **ret)
{
	struct anchor *a;

	*ret = NULL;
	if (!name)
		return 0;
	if (r->anchors.n >= ANCHORS_MAX)
		return fail_here(r, "too many anchors");
	a = ce_calloc(1, sizeof(*a));
	a->nodes = r->nodes;
	if (ce_map_get(&r->anchors, (const char *)name)) {
		free(a);
		return fail_here(r, "an anchor that is given twice");
	}
	ce_map_set(&r->anchors, (const char *)name, a);
	*ret = a;
	return 0;
}

static int read_collection(struct reader *r, int depth, bool mapping, json_t **ret)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = mapping ? json_object() : json_array();
	int e = mapping ? read_mapping(r, depth, v) : read_sequence(r, depth, v);

	if (e < 0)
		return e;
	*ret = CE_TAKE(v);
	return 0;
}

/* The node that the current event begins. */
static int read_node(struct reader *r, int depth, json_t **ret)
{
	const bool mapping = r->event.type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *name, *tag;
	struct anchor *anchor;
	int e;

	if (r->event.type == YAML_ALIAS_EVENT)
		return read_alias(r, ret);
	if (r->event.type == YAML_SCALAR_EVENT) {
		name = r->event.data.scalar.anchor;
		tag = r->event.data.scalar.tag;
	} else if (mapping) {
		name = r->event.data.mapping_start.anchor;
		tag = r->event.data.mapping_start.tag;
	} else {
		assert(r->event.type == YAML_SEQUENCE_START_EVENT);
		name = r->event.data.sequence_start.anchor;
		tag = r->event.data.sequence_start.tag;
	}
	if (depth >= DEPTH_MAX)
		return fail_here(r, "nested too deeply");
	if (!tag_is_known((const char *)tag))
		return fail_here(r, "a tag that is not one of YAML's own");
	e = begin_anchor(r, name, &anchor);
	if (e < 0)
		return e;
	e = count(r, 1);
	if (e < 0)
		return e;
	e = r->event.type == YAML_SCALAR_EVENT ? read_scalar(r, ret)
					       : read_collection(r, depth, mapping, ret);
	if (e < 0 || !anchor)
		return e;
	anchor->nodes = r->nodes - anchor->nodes;
	anchor->value = json_incref(*ret);
	return 0;
}

static int read_document(struct reader *r, json_t **ret)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	int e = next_event(r);

	assert(e < 0 || r->event.type == YAML_STREAM_START_EVENT);
	if (e >= 0)
		e = next_event(r);
	if (e < 0)
		return e;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return ce_fail(r->err, CCENV_EDATA, "the file is empty");
	e = next_event(r);
	if (e < 0)
		return e;
	e = read_node(r, 0, &v);
	if (e < 0)
		return e;
	e = next_event(r); /* the end of the document */
	if (e >= 0)
		e = next_event(r);
	if (e < 0)
		return e;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail_here(r, "a second document");
	*ret = CE_TAKE(v);
	return 0;
}

int ce_yaml_parse(const char *text, size_t len, json_t **ret, struct ccenv_error *err)
{
	struct reader r = {.err = err};
	int e;

	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	e = read_document(&r, ret);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	for (size_t i = 0; i < r.anchors.n; i++) {
		struct anchor *a = r.anchors.entries[i].value;

		json_decref(a->value);
		free(a);
	}
	ce_map_release(&r.anchors);
	return e;
}

/* ---- writing ---- */

static int write_out(void *user, unsigned char *data, size_t size)
{
	ce_buf_add(user, data, size);
	return 1;
}

/* Out of memory is the only way in which this fails. */
static void emit(yaml_emitter_t *e, yaml_event_t *event, int made)
{
	if (!made || !yaml_emitter_emit(e, event))
		abort();
}

/* Could a reader, of YAML 1.1 or 1.2, take the plain text for anything but a string? */
static bool needs_quotes(const char *s)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "null", "y", "n", NULL};

	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(s, words[i]) == 0)
			return true;
	return !((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_') ||
	       strpbrk(s, "{}[],&*#?|<>=!%@\\\"'`\n") || strstr(s, ": ") || strchr(s, '\t') ||
	       ce_has_suffix(s, ":") || ce_has_suffix(s, " ");
}

static void emit_string(yaml_emitter_t *e, const char *s)
{
	yaml_event_t event;
	const yaml_scalar_style_t style =
		needs_quotes(s) ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;

	/* It copies the text; libyaml before 0.2.5 takes it without const. */
	emit(e, &event,
		yaml_scalar_event_initialize(
			&event, NULL, NULL, (yaml_char_t *)s, (int)strlen(s), 1, 1, style));
}

static void emit_plain(yaml_emitter_t *e, const char *s)
{
	yaml_event_t event;

	emit(e, &event,
		yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)s, (int)strlen(s),
			1, 0, YAML_PLAIN_SCALAR_STYLE));
}

static void emit_value(yaml_emitter_t *e, const json_t *v);

static void emit_array(yaml_emitter_t *e, const json_t *v)
{
	const yaml_sequence_style_t style =
		json_array_size(v) ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE;
	yaml_event_t event;
	json_t *item;
	size_t i;

	emit(e, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style));
	json_array_foreach ((json_t *)v, i, item)
		emit_value(e, item);
	emit(e, &event, yaml_sequence_end_event_initialize(&event));
}

static void emit_object(yaml_emitter_t *e, const json_t *v)
{
	const yaml_mapping_style_t style =
		json_object_size(v) ? YAML_BLOCK_MAPPING_STYLE : YAML_FLOW_MAPPING_STYLE;
	yaml_event_t event;
	const char *key;
	json_t *item;

	emit(e, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style));
	json_object_foreach ((json_t *)v, key, item) {
		emit_string(e, key);
		emit_value(e, item);
	}
	emit(e, &event, yaml_mapping_end_event_initialize(&event));
}

static void emit_value(yaml_emitter_t *e, const json_t *v)
{
	CE_AUTOFREE char *number = NULL;

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		emit_object(e, v);
		break;
	case JSON_ARRAY:
		emit_array(e, v);
		break;
	case JSON_STRING:
		emit_string(e, json_string_value(v));
		break;
	case JSON_INTEGER:
		number = ce_asprintf("%lld", (long long)json_integer_value(v));
		emit_plain(e, number);
		break;
	case JSON_REAL:
		number = ce_asprintf("%.17g", json_real_value(v));
		emit_plain(e, number);
		break;
	case JSON_TRUE:
		emit_plain(e, "true");
		break;
	case JSON_FALSE:
		emit_plain(e, "false");
		break;
	case JSON_NULL:
		emit_plain(e, "null");
		break;
	}
}

void ce_yaml_format(const json_t *value, struct ce_buf *out)
{
	yaml_emitter_t e;
	yaml_event_t event;

	if (!yaml_emitter_initialize(&e))
		abort();
	yaml_emitter_set_output(&e, write_out, out);
	yaml_emitter_set_unicode(&e, 1);
	yaml_emitter_set_width(&e, -1);
	emit(&e, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(&e, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	emit_value(&e, value);
	emit(&e, &event, yaml_document_end_event_initialize(&event, 1));
	emit(&e, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&e);
}
