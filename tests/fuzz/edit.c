/* SPDX-License-Identifier: MIT */
/* Editing the text of ccenv.json: the same as editing what it means. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "manifest/manifest_edit.h"
#include "manifest/manifest_file.h"
#include "model/manifest.h"

/* Places that `ccenv add` and its like write to. */
static const char *const places[][3] = {
	{NULL},
	{"dependencies"},
	{"system-requirements"},
	{"cuda"},
	{"features", "f", "dependencies"},
	{"target", "linux-64", "dependencies"},
};

struct edit {
	struct ce_buf text;
	json_t *model; /* what the text is to mean */
	struct ce_strs path;
	const char *key, *value;
};

static void edit_release(struct edit *e)
{
	ce_buf_release(&e->text);
	json_decref(e->model);
}

/* The key as the object has it: in other case, perhaps. */
static const char *key_in(const json_t *o, const char *key)
{
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)o, name, v)
		if (strcasecmp(name, key) == 0)
			return name;
	return NULL;
}

/* The object of the path in the model, made if `make` is set. */
static json_t *object_at(const struct edit *e, bool make)
{
	json_t *o = e->model;

	for (size_t i = 0; o && i < e->path.n; i++) {
		const char *name = key_in(o, e->path.items[i]);

		if (!name && make)
			json_object_set_new(o, name = e->path.items[i], json_object());
		o = name ? json_object_get(o, name) : NULL;
	}
	return json_is_object(o) ? o : NULL;
}

static void set(struct edit *e)
{
	json_t *o = object_at(e, true);
	const char *name = o ? key_in(o, e->key) : NULL;

	if (!o)
		return;
	json_object_set_new(o, name ? name : e->key, json_string(e->value));
	ce_manifest_edit_set(&e->text, e->path, e->key, e->value);
}

static void remove_key(struct edit *e)
{
	json_t *o = object_at(e, false);
	const char *name = o ? key_in(o, e->key) : NULL;
	bool removed = ce_manifest_edit_remove(&e->text, e->path, e->key);

	fuzz_require(removed == (name != NULL), "what is there can be removed, and nothing else");
	if (name) {
		CE_AUTOFREE char *copy = ce_strdup(name);

		json_object_del(o, copy);
	}
}

static void add_item(struct edit *e, bool first)
{
	json_t *o = object_at(e, true);
	const char *name = o ? key_in(o, e->key) : NULL;
	json_t *list = name ? json_object_get(o, name) : NULL;

	if (!o || (list && !json_is_array(list)))
		return;
	if (!list)
		json_object_set_new(o, e->key, list = json_array());
	if (first)
		json_array_insert_new(list, 0, json_string(e->value));
	else
		json_array_append_new(list, json_string(e->value));
	ce_manifest_edit_list_add(&e->text, e->path, e->key, e->value, first);
}

static void remove_item(struct edit *e)
{
	size_t i = strlen(e->value);
	json_t *o = object_at(e, false);
	const char *name = o ? key_in(o, e->key) : NULL;
	json_t *list = name ? json_object_get(o, name) : NULL;
	bool removed;

	if (list && !json_is_array(list))
		return;
	removed = ce_manifest_edit_list_remove(&e->text, e->path, e->key, i);
	fuzz_require(removed == (json_array_remove(list, i) == 0),
		"an item that is there can be removed, and no other");
}

/* What is read of the text is what it means. */
static void get(struct edit *e)
{
	json_t *o = object_at(e, false);
	const char *name = o ? key_in(o, e->key) : NULL;
	CE_AUTOFREE char *text = ce_manifest_edit_get(&e->text, e->path, e->key);
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;

	fuzz_require((text != NULL) == (name != NULL), "a member that is there can be read");
	if (!text)
		return;
	v = json_loads(text, JSON_DECODE_ANY, NULL);
	fuzz_require(json_equal(v, json_object_get(o, name)), "a member reads as what it means");
	(void)ce_manifest_edit_list_has(&e->text, e->path, e->key);
}

/* A target becomes an object, and the manifest means the same. */
static void open_target(struct edit *e, const struct ce_manifest *before)
{
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = NULL;
	struct ccenv_error err;

	if (!ce_manifest_target(before, e->key))
		return;
	ce_manifest_edit_open_target(&e->text, e->key);
	fuzz_require(ce_manifest_parse(
			     ce_buf_str(&e->text), e->text.len, "/p/ccenv.json", &m, &err) >= 0 &&
			     m->n_targets == before->n_targets && ce_manifest_target(m, e->key),
		"a manifest whose target is opened has that target");
	json_decref(e->model);
	e->model = json_loads(ce_buf_str(&e->text), 0, NULL);
}

void fuzz_edit(const char *data, size_t size)
{
	CE_AUTOFREE char *op = fuzz_line(&data, &size), *key = fuzz_line(&data, &size);
	CE_AUTOFREE char *value = fuzz_line(&data, &size), *text = fuzz_text(data, size);
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = NULL;
	CE_CLEANUP(ce_json_decrefp) json_t *after = NULL, *is_text = json_string(value);
	CE_CLEANUP(edit_release) struct edit e = {.key = key, .value = value};
	struct ccenv_error err;
	size_t place = strlen(op) < 2 ? 0 : (unsigned char)op[1] % CE_COUNT(places);

	while (e.path.n < CE_COUNT(*places) && places[place][e.path.n])
		e.path.n++;
	e.path.items = (const char **)places[place];
	CE_CLEANUP(ce_json_decrefp) json_t *is_key = json_string(key);
	if (!is_text || !is_key ||
		ce_manifest_parse(text, strlen(text), "/p/ccenv.json", &m, &err) < 0)
		return;
	e.model = json_loads(text, 0, NULL);
	fuzz_require(e.model != NULL, "a manifest that is valid is JSON");
	ce_buf_adds(&e.text, text);
	switch (*op) {
	case 's':
		set(&e);
		break;
	case 'r':
		remove_key(&e);
		break;
	case 'a':
		add_item(&e, false);
		break;
	case 'f':
		add_item(&e, true);
		break;
	case 'g':
		get(&e);
		break;
	case 'o':
		open_target(&e, m);
		break;
	default:
		remove_item(&e);
		break;
	}
	after = json_loads(ce_buf_str(&e.text), JSON_REJECT_DUPLICATES, NULL);
	fuzz_require(after != NULL, "an edited manifest is JSON");
	fuzz_require(json_equal(after, e.model),
		"an edit changes what it is to change, and nothing else");
}
