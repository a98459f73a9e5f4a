/* SPDX-License-Identifier: MIT */
/* Freshness of cached indexes, as a JSON file. */
#include "repodata/state.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "io/download.h"
#include "repodata/store.h"

enum {
	STATE_MAX = 64 * 1024,
	MAX_AGE = 24 * 3600,
	HEURISTIC_MAX = 3600,
};

static const char *const form_names[] = {"shards", "zst", "json"};

const char *ce_form_name(enum ce_form form)
{
	return form_names[form];
}

int ce_form_find(const char *name)
{
	for (int f = 0; f < CE_FORM_COUNT; f++) {
		if (strcmp(form_names[f], name) == 0)
			return f;
	}
	return -1;
}

void ce_state_release(struct ce_state *s)
{
	for (int f = 0; f < CE_FORM_COUNT; f++) {
		free(s->form[f].etag);
		free(s->form[f].last_modified);
		free(s->form[f].id);
	}
	*s = (struct ce_state){0};
}

static char *get_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? ce_strdup(text) : NULL;
}

static int64_t get_number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

void ce_state_read(struct ce_state *s, const char *path)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = NULL;
	struct ccenv_error ignored;

	*s = (struct ce_state){0};
	if (ce_json_read(path, STATE_MAX, &root, &ignored) < 0)
		return;
	for (int f = 0; f < CE_FORM_COUNT; f++) {
		const json_t *o = json_object_get(root, form_names[f]);
		s->form[f] = (struct ce_form_state){
			.etag = get_text(o, "etag"),
			.last_modified = get_text(o, "last_modified"),
			.id = get_text(o, "id"),
			.checked = get_number(o, "checked"),
			.max_age = get_number(o, "max_age"),
			.absent = get_number(o, "absent"),
			.broken = get_number(o, "broken"),
		};
	}
}

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

static void set_number(json_t *o, const char *key, int64_t number)
{
	if (number)
		json_object_set_new(o, key, json_integer(number));
}

void ce_state_write(const struct ce_state *s, const char *url, const char *path)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;

	set_text(root, "url", url);
	for (int f = 0; f < CE_FORM_COUNT; f++) {
		const struct ce_form_state *form = &s->form[f];
		json_t *o = json_object();
		set_text(o, "etag", form->etag);
		set_text(o, "last_modified", form->last_modified);
		set_text(o, "id", form->id);
		set_number(o, "checked", form->checked);
		set_number(o, "max_age", form->max_age);
		set_number(o, "absent", form->absent);
		set_number(o, "broken", form->broken);
		json_object_set_new(root, form_names[f], o);
	}
	ce_json_format(root, &text);
	(void)!ce_store_write(path, text.data, text.len, &ignored);
}

void ce_state_set_text(char **slot, const char *text)
{
	free(*slot);
	*slot = text ? ce_strdup(text) : NULL;
}

bool ce_state_is_within(int64_t since, int64_t ms)
{
	int64_t age = ce_now_ms(CE_CLOCK_WALL) - since;

	return since && age >= 0 && age < ms;
}

static int64_t clamp(int64_t seconds, int64_t max)
{
	return seconds < 0 ? 0 : seconds < max ? seconds : max;
}

/* The value of max-age; -1: it is not there; 0 too when nothing may be used without asking. */
static int64_t max_age_of(const char *cache_control)
{
	int64_t age = -1;

	for (const char *p = cache_control; p && *p; p += strcspn(p, ","), p += *p == ',') {
		p += strspn(p, " \t");
		if (strncasecmp(p, "no-cache", 8) == 0 || strncasecmp(p, "no-store", 8) == 0)
			return 0;
		if (strncasecmp(p, "max-age=", 8) == 0)
			age = clamp(strtoll(p + 8, NULL, 10), INT32_MAX);
	}
	return age;
}

int64_t ce_state_freshness(const struct ce_download_result *answer)
{
	int64_t date = ce_http_date(answer->date), modified = ce_http_date(answer->last_modified);
	int64_t age = answer->age ? clamp(strtoll(answer->age, NULL, 10), INT32_MAX) : 0;
	int64_t max_age = max_age_of(answer->cache_control);

	if (max_age >= 0)
		return clamp(max_age - age, MAX_AGE);
	if (answer->expires)
		/* What is no date (often "0" or "-1") has expired. */
		return date < 0 ? 0 : clamp(ce_http_date(answer->expires) - date - age, MAX_AGE);
	if (date < 0 || modified < 0)
		return 0;
	return clamp((date - modified) / 10 - age, HEURISTIC_MAX);
}
