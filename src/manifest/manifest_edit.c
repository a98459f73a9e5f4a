/* SPDX-License-Identifier: MIT */
/* Edits of ccenv.json that keep the rest of the text; see manifest_edit.h. */
#include "manifest/manifest_edit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"

/* Places in the text, in bytes from its beginning; `end` is behind the last byte. */
struct span {
	size_t begin, end;
};

struct member {
	struct span key, value;
};

/* An object: the span from "{" to behind "}". */
struct object {
	struct span span;
	struct member *members;
	size_t n, cap;
};

static void object_release(struct object *o)
{
	free(o->members);
}

/* ---- finding things; the text is known to be valid JSON ---- */

static size_t skip_blanks(const char *t, size_t i)
{
	return i + strspn(t + i, " \t\r\n");
}

static size_t skip_string(const char *t, size_t i)
{
	for (i++; t[i] && t[i] != '"'; i++)
		i += t[i] == '\\' && t[i + 1];
	return i + (t[i] == '"');
}

static size_t skip_value(const char *t, size_t i)
{
	size_t depth = 0;

	if (t[i] == '"')
		return skip_string(t, i);
	if (t[i] != '{' && t[i] != '[')
		return i + strcspn(t + i, ",]} \t\r\n");
	do {
		if (t[i] == '"') {
			i = skip_string(t, i);
			continue;
		}
		depth += t[i] == '{' || t[i] == '[';
		depth -= t[i] == '}' || t[i] == ']';
		i++;
	} while (depth > 0 && t[i]);
	return i;
}

/* `at` is the place of "{". */
static void find_members(const char *t, size_t at, struct object *ret)
{
	size_t i = skip_blanks(t, at + 1);

	*ret = (struct object){.span = {at, at}};
	while (t[i] == '"') {
		struct member m = {.key.begin = i};

		m.key.end = skip_string(t, i);
		i = skip_blanks(t, m.key.end);
		m.value.begin = skip_blanks(t, i + (t[i] == ':'));
		m.value.end = skip_value(t, m.value.begin);
		CE_GROW(ret->members, ret->n, ret->cap);
		ret->members[ret->n++] = m;
		i = skip_blanks(t, m.value.end);
		i = skip_blanks(t, i + (t[i] == ','));
	}
	ret->span.end = i + (t[i] == '}');
}

static bool key_is(const char *t, struct span key, const char *name)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *s = json_loadb(t + key.begin, key.end - key.begin, JSON_DECODE_ANY, NULL);

	return json_is_string(s) && strcasecmp(json_string_value(s), name) == 0;
}

static const struct member *find_member(const char *t, const struct object *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (key_is(t, o->members[i].key, name))
			return &o->members[i];
	return NULL;
}

/* An array: the span from "[" to behind "]". */
struct array {
	struct span span;
	struct span *items;
	size_t n, cap;
};

static void array_release(struct array *a)
{
	free(a->items);
}

/* `at` is the place of "[". */
static void find_items(const char *t, size_t at, struct array *ret)
{
	size_t i = skip_blanks(t, at + 1);

	*ret = (struct array){.span = {at, at}};
	while (t[i] && t[i] != ']') {
		struct span item = {i, skip_value(t, i)};

		CE_GROW(ret->items, ret->n, ret->cap);
		ret->items[ret->n++] = item;
		i = skip_blanks(t, item.end);
		i = skip_blanks(t, i + (t[i] == ','));
	}
	ret->span.end = i + (t[i] == ']');
}

/* ---- the style of the text ---- */

/* What its line begins with: blanks. The caller frees it. */
static char *indent_of(const char *t, size_t i)
{
	size_t n;

	while (i > 0 && t[i - 1] != '\n')
		i--;
	n = strspn(t + i, " \t");
	return ce_strndup(t + i, n);
}

struct style {
	bool lines; /* a member per line */
	const char *newline;
	char *unit; /* one level of indentation */
};

static void style_release(struct style *s)
{
	free(s->unit);
}

/* As the top object has it. */
static void find_style(const char *t, struct style *ret)
{
	CE_CLEANUP(object_release) struct object top;

	find_members(t, skip_blanks(t, 0), &top);
	ret->newline = strstr(t, "\r\n") ? "\r\n" : "\n";
	ret->lines = !top.n || memchr(t, '\n', top.members[0].key.begin);
	ret->unit = ret->lines && top.n ? indent_of(t, top.members[0].key.begin) : NULL;
	if (!ret->unit || !*ret->unit) {
		free(ret->unit);
		ret->unit = ce_strdup("  ");
	}
}

/* ---- changing the text ---- */

static void replace(struct ce_buf *text, struct span span, const char *with)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	const char *t = ce_buf_str(text);

	ce_buf_add(&out, t, span.begin);
	ce_buf_adds(&out, with);
	ce_buf_add(&out, t + span.end, text->len - span.end);
	ce_buf_clear(text);
	ce_buf_add(text, ce_buf_str(&out), out.len);
}

static void add_string(struct ce_buf *out, const char *s)
{
	CE_CLEANUP(ce_json_decrefp) json_t *value = json_string(s);
	char *quoted = json_dumps(value, JSON_ENCODE_ANY);

	ce_buf_adds(out, quoted ? quoted : "\"\"");
	free(quoted);
}

/* "key": value, or "key": { the rest of the path }, at a level of indentation. `value` is JSON. */
static void add_member(struct ce_buf *out, struct ce_strs path, const char *key, const char *value,
	const struct style *style, const char *indent)
{
	CE_AUTOFREE char *deeper = ce_asprintf("%s%s", indent, style->unit);

	if (path.n == 0) {
		add_string(out, key);
		ce_buf_addf(out, ": %s", value);
		return;
	}
	add_string(out, path.items[0]);
	ce_buf_adds(out, ": {");
	if (style->lines)
		ce_buf_addf(out, "%s%s", style->newline, deeper);
	add_member(out, (struct ce_strs){path.items + 1, path.n - 1}, key, value, style, deeper);
	if (style->lines)
		ce_buf_addf(out, "%s%s", style->newline, indent);
	ce_buf_addc(out, '}');
}

static void insert(struct ce_buf *text, const struct object *o, struct ce_strs path,
	const char *key, const char *value)
{
	CE_CLEANUP(style_release) struct style style = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *indent = NULL;
	const char *t = ce_buf_str(text);
	struct span at;

	find_style(t, &style);
	if (o->n) {
		size_t first = o->members[0].key.begin, last = o->members[o->n - 1].value.end;

		indent = indent_of(t, first);
		style.lines = memchr(t + o->span.begin, '\n', first - o->span.begin);
		at = (struct span){last, last};
		ce_buf_addf(
			&b, ",%s%s", style.lines ? style.newline : " ", style.lines ? indent : "");
		add_member(&b, path, key, value, &style, indent);
	} else {
		CE_AUTOFREE char *outer = indent_of(t, o->span.begin);

		indent = ce_asprintf("%s%s", outer, style.unit);
		at = (struct span){o->span.begin + 1, o->span.end - 1};
		if (style.lines)
			ce_buf_addf(&b, "%s%s", style.newline, indent);
		add_member(&b, path, key, value, &style, indent);
		if (style.lines)
			ce_buf_addf(&b, "%s%s", style.newline, outer);
	}
	replace(text, at, ce_buf_str(&b));
}

/* The object at the end of the path, or the last of the path that exists; returns how many names of the
 * path led there. */
static size_t follow(const char *t, struct ce_strs path, struct object *ret)
{
	size_t n = 0;

	find_members(t, skip_blanks(t, 0), ret);
	for (; n < path.n; n++) {
		const struct member *m = find_member(t, ret, path.items[n]);
		size_t begin = m ? m->value.begin : 0;

		if (!m || t[begin] != '{')
			break;
		object_release(ret);
		find_members(t, begin, ret);
	}
	return n;
}

void ce_manifest_edit_set_json(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value)
{
	CE_CLEANUP(object_release) struct object o;
	size_t n = follow(ce_buf_str(text), path, &o);
	const struct member *m = n == path.n ? find_member(ce_buf_str(text), &o, key) : NULL;
	struct ce_strs rest = {0};

	if (n < path.n)
		rest = (struct ce_strs){path.items + n, path.n - n};
	if (m)
		replace(text, m->value, value);
	else
		insert(text, &o, rest, key, value);
}

void ce_manifest_edit_set(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	add_string(&b, value);
	ce_manifest_edit_set_json(text, path, key, ce_buf_str(&b));
}

char *ce_manifest_edit_get(const struct ce_buf *text, struct ce_strs path, const char *key)
{
	CE_CLEANUP(object_release) struct object o;
	const char *t = ce_buf_str(text);
	size_t n = follow(t, path, &o);
	const struct member *m = n == path.n ? find_member(t, &o, key) : NULL;

	return m ? ce_strndup(t + m->value.begin, m->value.end - m->value.begin) : NULL;
}

/* Sets a member to `value`; a string is the host of a target. */
static void set_target(
	struct ce_buf *text, struct ce_strs path, const char *name, const json_t *value)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *o = json_is_string(value) ? json_pack("{s:O}", "host", value)
					  : json_incref((json_t *)value);
	char *dump = json_dumps(o, 0);

	ce_manifest_edit_set_json(text, path, name, dump ? dump : "{}");
	free(dump);
}

void ce_manifest_edit_open_target(struct ce_buf *text, const char *name)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *root = json_loadb(ce_buf_str(text), text->len, 0, NULL);
	const json_t *targets = json_object_get(root, "targets"), *item;
	const char *key = "targets";
	const struct ce_strs top = {0}, path = {&key, 1};
	size_t i;

	if (json_is_string(json_object_get(targets, name)))
		set_target(text, path, name, json_object_get(targets, name));
	if (!json_is_array(targets))
		return;
	ce_manifest_edit_set_json(text, top, key, "{}");
	json_array_foreach (targets, i, item)
		set_target(text, path,
			json_string_value(
				json_is_string(item) ? item : json_object_get(item, "host")),
			item);
}

bool ce_manifest_edit_remove(struct ce_buf *text, struct ce_strs path, const char *key)
{
	CE_CLEANUP(object_release) struct object o;
	size_t n = follow(ce_buf_str(text), path, &o);
	const struct member *m = n == path.n ? find_member(ce_buf_str(text), &o, key) : NULL;
	struct span gone;

	if (!m)
		return false;
	if (o.n == 1)
		gone = (struct span){o.span.begin + 1, o.span.end - 1};
	else if (m + 1 < o.members + o.n)
		gone = (struct span){m->key.begin, m[1].key.begin};
	else
		gone = (struct span){m[-1].value.end, m->value.end};
	replace(text, gone, "");
	return true;
}

/* The array that `key` is at the end of the path; false if there is none. */
static bool find_array(const char *t, struct ce_strs path, const char *key, struct array *ret)
{
	CE_CLEANUP(object_release) struct object o;
	size_t n = follow(t, path, &o);
	const struct member *m = n == path.n ? find_member(t, &o, key) : NULL;

	if (!m || t[m->value.begin] != '[')
		return false;
	find_items(t, m->value.begin, ret);
	return true;
}

bool ce_manifest_edit_list_has(const struct ce_buf *text, struct ce_strs path, const char *key)
{
	CE_CLEANUP(array_release) struct array array = {0};

	return find_array(ce_buf_str(text), path, key, &array);
}

void ce_manifest_edit_list_add(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value, bool first)
{
	CE_CLEANUP(array_release) struct array array = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0}, item = {0};
	const char *t = ce_buf_str(text);
	bool found = find_array(t, path, key, &array);
	CE_AUTOFREE char *between = NULL;
	struct span at;

	add_string(&item, value);
	if (!found || array.n == 0) {
		ce_buf_addf(&b, "[%s]", ce_buf_str(&item));
		ce_manifest_edit_set_json(text, path, key, ce_buf_str(&b));
		return;
	}
	/* As the items stand now: each on its line, or all on one. */
	at = (struct span){array.span.begin + 1, array.items[0].begin};
	between = ce_strndup(t + at.begin, at.end - at.begin);
	if (first)
		ce_buf_addf(&b, "%s,%s", ce_buf_str(&item), strchr(between, '\n') ? between : " ");
	else
		ce_buf_addf(&b, ",%s%s", strchr(between, '\n') ? between : " ", ce_buf_str(&item));
	at.begin = first ? array.items[0].begin : array.items[array.n - 1].end;
	at.end = at.begin;
	replace(text, at, ce_buf_str(&b));
}

bool ce_manifest_edit_list_remove(
	struct ce_buf *text, struct ce_strs path, const char *key, size_t index)
{
	CE_CLEANUP(array_release) struct array array = {0};
	struct span gone;

	if (!find_array(ce_buf_str(text), path, key, &array) || index >= array.n)
		return false;
	if (array.n == 1)
		gone = (struct span){array.span.begin + 1, array.span.end - 1};
	else if (index + 1 < array.n)
		gone = (struct span){array.items[index].begin, array.items[index + 1].begin};
	else
		gone = (struct span){array.items[index - 1].end, array.items[index].end};
	replace(text, gone, "");
	return true;
}
