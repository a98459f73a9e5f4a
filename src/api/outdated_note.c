/* SPDX-License-Identifier: MIT */
/* The last answer of ccenv_outdated(): the sha256 of the rest in the first line, then JSON. */
#include "api/outdated_note.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/plan.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "cache/layout.h"
#include "model/repodata.h"
#include "model/request.h"
#include "repodata/store.h"

enum {
	NOTE_MAX = 16 << 20,
};

/* ---- what the answer depends on ---- */

static void add_text(struct ce_digest *d, const char *text)
{
	ce_digest_update(d, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void add_number(struct ce_digest *d, uint64_t number)
{
	ce_digest_update(d, &number, sizeof(number));
}

static void add_request(struct ce_digest *d, const struct ce_request *q)
{
	const char *const texts[] = {q->environment, q->target, ce_side_name(q->side), q->platform};
	const uint64_t numbers[] = {q->n_channels, q->n_specs, q->n_pins, q->n_virtuals,
		q->priority, q->strategy, q->exclude_newer, q->n_date_exceptions, q->n_locked};

	for (size_t i = 0; i < CE_COUNT(texts); i++)
		add_text(d, texts[i]);
	for (size_t i = 0; i < CE_COUNT(numbers); i++)
		add_number(d, numbers[i]);
	for (size_t i = 0; i < q->n_channels; i++)
		add_text(d, q->channels[i]);
	for (size_t i = 0; i < q->n_specs; i++)
		add_text(d, q->specs[i]->text);
	for (size_t i = 0; i < q->n_pins; i++)
		add_text(d, q->pins[i]->text);
	for (size_t i = 0; i < q->n_virtuals; i++) {
		add_text(d, q->virtuals[i].name);
		add_text(d, q->virtuals[i].version);
		add_text(d, q->virtuals[i].build);
	}
	for (size_t i = 0; i < q->n_date_exceptions; i++) {
		add_text(d, q->date_exceptions[i].name);
		add_number(d, q->date_exceptions[i].newer_than);
	}
}

static void make_key(const struct ccenv *c, const struct ce_lock_plan *plan,
	const struct ce_buf *lock, char *ret_hex)
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);

	add_text(d, CCENV_VERSION);
	add_number(d, c->manifest_text.len);
	ce_digest_update(d, ce_buf_str(&c->manifest_text), c->manifest_text.len);
	add_number(d, lock->len);
	ce_digest_update(d, ce_buf_str(lock), lock->len);
	add_number(d, plan->n);
	for (size_t i = 0; i < plan->n; i++)
		add_request(d, plan->items[i].request);
	ce_digest_final(d, ret_hex);
}

static char *note_path(const struct ccenv *c)
{
	CE_AUTOFREE char *dir = ce_cache_repodata(c->cache_dir);
	char hex[CE_SHA256_HEX + 1];

	ce_sha256_bytes(c->lock_path, strlen(c->lock_path), hex);
	return ce_asprintf("%s/%.16s.outdated", dir, hex);
}

/* ---- reading ---- */

static int read_package(const json_t *o, struct ce_arena *a, struct ccenv_outdated_package *ret,
	struct ccenv_error *err)
{
	struct {
		const char *key;
		const char **text;
	} texts[] = {
		{"environment", &ret->environment},
		{"platform", &ret->platform},
		{"name", &ret->name},
		{"locked", &ret->locked},
		{"locked_build", &ret->locked_build},
		{"update", &ret->update},
		{"update_build", &ret->update_build},
		{"newest", &ret->newest},
		{"requested", &ret->requested},
		{"held_by", &ret->held_by},
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < CE_COUNT(texts); i++)
		r = ce_json_string(o, texts[i].key, a, texts[i].text, err);
	if (r >= 0)
		r = ce_json_bool(o, "changes", &ret->changes, err);
	if (r >= 0)
		r = ce_json_bool(o, "held", &ret->is_held, err);
	return r;
}

static int read_answer(const json_t *note, struct ccenv_outdated *answer, struct ce_strs *indexes,
	struct ccenv_error *err)
{
	struct ce_arena *a = answer->owner;
	json_t *list = NULL, *o;
	size_t i;
	int r = ce_json_array(note, "packages", &list, err);

	if (r < 0)
		return r;
	answer->items = ce_arena_array(a, json_array_size(list) + 1, sizeof(*answer->items));
	json_array_foreach (list, i, o) {
		r = read_package(o, a, &answer->items[answer->n++], err);
		if (r < 0)
			return r;
	}
	return ce_json_strings(note, "indexes", a, &indexes->items, &indexes->n, err);
}

/* The JSON of the file if it is whole, and the answer to the same question. */
static json_t *read_note(const struct ce_outdated_note *note)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	const char *text, *key = NULL;
	struct ccenv_error ignored;
	char hex[CE_SHA256_HEX + 1];

	if (ce_fs_read(note->path, NOTE_MAX, &b, &ignored) < 0 || b.len <= CE_SHA256_HEX)
		return NULL;
	text = ce_buf_str(&b) + CE_SHA256_HEX + 1;
	ce_sha256_bytes(text, b.len - CE_SHA256_HEX - 1, hex);
	if (memcmp(hex, ce_buf_str(&b), CE_SHA256_HEX) != 0 ||
		ce_json_parse(text, b.len - CE_SHA256_HEX - 1, &o, &ignored) < 0)
		return NULL;
	key = json_string_value(json_object_get(o, "key"));
	return key && strcmp(key, note->key) == 0 ? CE_TAKE(o) : NULL;
}

void ce_outdated_note_begin(struct ce_outdated_note *note, const struct ccenv *c,
	const struct ce_lock_plan *plan, const struct ce_buf *lock)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ccenv_error ignored;

	*note = (struct ce_outdated_note){.path = note_path(c)};
	make_key(c, plan, lock, note->key);
	o = read_note(note);
	if (!o)
		return;
	note->answer.owner = ce_owner_new();
	if (read_answer(o, &note->answer, &note->indexes, &ignored) < 0)
		note->indexes.n = 0;
}

void ce_outdated_note_release(struct ce_outdated_note *note)
{
	free(note->path);
	ccenv_outdated_free(&note->answer);
	*note = (struct ce_outdated_note){0};
}

struct ccenv_outdated ce_outdated_note_take(struct ce_outdated_note *note)
{
	struct ccenv_outdated answer = note->answer;

	note->answer = (struct ccenv_outdated){0};
	note->indexes.n = 0;
	return answer;
}

/* ---- writing ---- */

static json_t *package_json(const struct ccenv_outdated_package *p)
{
	/* jansson leaves out what is NULL for "s*". */
	return json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:b, s:b}",
		"environment", p->environment, "platform", p->platform, "name", p->name, "locked",
		p->locked, "locked_build", p->locked_build, "update", p->update, "update_build",
		p->update_build, "newest", p->newest, "requested", p->requested, "held_by",
		p->held_by, "changes", (int)p->changes, "held", (int)p->is_held);
}

void ce_outdated_note_write(const struct ce_outdated_note *note, const struct ce_lock_plan *plan,
	const struct ccenv_outdated *answer)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, file = {0};
	json_t *indexes = json_array(), *packages = json_array();
	struct ccenv_error ignored;
	char hex[CE_SHA256_HEX + 1];

	for (size_t i = 0; i < plan->n_repodata; i++)
		json_array_append_new(indexes, json_string(plan->repodata[i]->identity));
	for (size_t i = 0; i < answer->n; i++)
		json_array_append_new(packages, package_json(&answer->items[i]));
	json_object_set_new(o, "key", json_string(note->key));
	json_object_set_new(o, "indexes", indexes);
	json_object_set_new(o, "packages", packages);
	ce_json_format(o, &text);
	ce_sha256_bytes(ce_buf_str(&text), text.len, hex);
	ce_buf_addf(&file, "%s\n%s", hex, ce_buf_str(&text));
	ce_ignore(ce_store_write(note->path, ce_buf_str(&file), file.len, &ignored));
}
