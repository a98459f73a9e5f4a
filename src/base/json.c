/* SPDX-License-Identifier: MIT */
/* Typed reading over jansson; each error names the key. */
#include "base/json.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/printable.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of `text`, `end` bytes of it, without the blanks there. */
static size_t trimmed(const char *text, size_t end)
{
	while (end > 0 && is_blank(text[end - 1]))
		end--;
	return end;
}

/* What people write who know JSON's relatives, or whose editor does; `at` is behind what could not
 * be read. */
static const char *hint_of(const char *text, size_t len, size_t at)
{
	static const char mark[] = "\xEF\xBB\xBF";
	size_t p = trimmed(text, at < len ? at : len);

	if (len >= 3 && memcmp(text, mark, 3) == 0)
		return "; it begins with a byte order mark: save it as UTF-8 without one";
	if (trimmed(text, len) == 0)
		return "; there is nothing in it";
	if (p == 0)
		return "";
	if (text[p - 1] == '/' || text[p - 1] == '#')
		return "; JSON has no comments";
	if (text[p - 1] == '\'')
		return "; JSON has its texts in double quotes";
	if (text[p - 1] != ']' && text[p - 1] != '}')
		return "";
	p = trimmed(text, p - 1);
	return p > 0 && text[p - 1] == ',' ? "; JSON has no comma behind the last member" : "";
}

int ce_json_parse(const char *text, size_t len, json_t **ret, struct ccenv_error *err)
{
	json_error_t je;
	/* Doubled keys would make two readers see two different files. */
	json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);

	if (!v)
		return ce_fail(err, CCENV_EDATA, "line %d, column %d: %s%s", je.line, je.column,
			je.text, hint_of(text, len, (size_t)je.position));
	*ret = v;
	return 0;
}

int ce_json_read(const char *path, size_t max, json_t **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r = ce_fs_read(path, max, &b, err);

	if (r < 0)
		return r;
	r = ce_json_parse(ce_buf_str(&b), b.len, ret, err);
	return r < 0 ? ce_context(err, r, "%s", path) : 0;
}

static const char *type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		break;
	}
	return "null";
}

static int wrong(const char *key, const char *want, const json_t *got, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "%s: expected %s, found %s", key, want, type_name(got));
}

static int check_text(const char *s, struct ccenv_error *err)
{
	CE_AUTOFREE char *shown = NULL;

	if (ce_cursor_text_is_clean(s, strlen(s)))
		return 0;
	shown = ce_printable(s, false);
	return ce_fail(err, CCENV_EDATA, "control characters in the text \"%s\"", shown);
}

int ce_json_check_texts(const json_t *v, struct ccenv_error *err)
{
	const char *key;
	json_t *member;
	size_t i;
	int r;

	if (json_is_string(v))
		return check_text(json_string_value(v), err);
	json_array_foreach ((json_t *)v, i, member) {
		r = ce_json_check_texts(member, err);
		if (r < 0)
			return r;
	}
	if (!json_is_object(v))
		return 0;
	json_object_foreach ((json_t *)v, key, member) {
		r = check_text(key, err);
		if (r < 0)
			return r;
		r = ce_json_check_texts(member, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int ce_json_string(const json_t *o, const char *key, struct ce_arena *a, const char **ret,
	struct ccenv_error *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return wrong(key, "a string", v, err);
	*ret = ce_arena_strdup(a, json_string_value(v));
	return 0;
}

int ce_json_uint(const json_t *o, const char *key, uint64_t *ret, struct ccenv_error *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return wrong(key, "a whole number, 0 or more", v, err);
	*ret = (uint64_t)json_integer_value(v);
	return 0;
}

int ce_json_bool(const json_t *o, const char *key, bool *ret, struct ccenv_error *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_boolean(v))
		return wrong(key, "true or false", v, err);
	*ret = json_is_true(v);
	return 0;
}

int ce_json_object(const json_t *o, const char *key, json_t **ret, struct ccenv_error *err)
{
	json_t *v = json_object_get(o, key);

	*ret = NULL;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_object(v))
		return wrong(key, "an object", v, err);
	*ret = v;
	return 0;
}

int ce_json_array(const json_t *o, const char *key, json_t **ret, struct ccenv_error *err)
{
	json_t *v = json_object_get(o, key);

	*ret = NULL;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_array(v))
		return wrong(key, "an array", v, err);
	*ret = v;
	return 0;
}

int ce_json_strings(const json_t *o, const char *key, struct ce_arena *a, const char ***ret,
	size_t *ret_n, struct ccenv_error *err)
{
	const char **list;
	json_t *array, *v;
	size_t i;
	int r = ce_json_array(o, key, &array, err);

	if (r < 0 || !array)
		return r;
	list = ce_arena_array(a, json_array_size(array) + 1, sizeof(*list));
	json_array_foreach (array, i, v) {
		if (!json_is_string(v))
			return wrong(key, "an array of strings", v, err);
		list[i] = ce_arena_strdup(a, json_string_value(v));
	}
	*ret = list;
	*ret_n = json_array_size(array);
	return 0;
}

json_t *ce_json_of_strings(const char *const *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(list[i]));
	return array;
}

json_t *ce_json_of_words(const char *words)
{
	json_t *list = json_array();
	const char *word;
	size_t n;

	while (ce_next_word(&words, &word, &n))
		json_array_append_new(list, json_stringn(word, n));
	return list;
}

void ce_json_format(const json_t *value, struct ce_buf *out)
{
	CE_AUTOFREE char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

	if (text)
		ce_buf_adds(out, text);
	ce_buf_addc(out, '\n');
}
