/* SPDX-License-Identifier: MIT */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/fs.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "model/pkg_read.h"
#include "model/repodata.h"
#include "model/request.h"
#include "spec/channel.h"

static void die(const char *what, const char *text)
{
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void unpack(const char *path, struct ce_buf *text)
{
	unsigned long long size = ZSTD_getFrameContentSize(text->data, text->len);
	struct ce_buf out = {0};

	if (size > (size_t)1 << 30 || !ce_buf_reserve(&out, (size_t)size + 1))
		die(path, "no zstd frame of a known size");
	if (ZSTD_decompress(out.data, (size_t)size, text->data, text->len) != (size_t)size)
		die(path, "damaged");
	out.len = (size_t)size;
	ce_buf_release(text);
	*text = out;
}

static void add_section(struct ce_repodata *r, const json_t *section, struct ce_pkg_origin origin)
{
	const char *fn;
	const json_t *record;
	size_t n = r->n;
	struct ccenv_error err;

	r->pkgs = ce_reallocarray(r->pkgs, n + json_object_size(section) + 1, sizeof(*r->pkgs));
	json_object_foreach ((json_t *)section, fn, record) {
		CE_AUTOFREE char *text = json_dumps(record, JSON_COMPACT);
		struct ce_cursor c;

		origin.fn = fn;
		origin.fn_len = strlen(fn);
		ce_cursor_json(&c, text, strlen(text), &r->arena);
		if (ce_pkg_read(&c, &origin, &r->pkgs[n], &err) < 0)
			die(fn, err.text);
		n++;
	}
	r->n = n;
}

const char *corpus_channel(const char *name, struct ce_arena *a)
{
	const struct ce_channel_base base = {0};
	struct ccenv_error err;
	const char *url;

	if (ce_channel_url(name, &base, a, &url, &err) < 0)
		die(name, err.text);
	return url;
}

void corpus_add(
	struct ce_repodata *r, const json_t *repodata, const char *channel, const char *subdir)
{
	const struct ce_pkg_origin origin = {
		.subdir = ce_arena_strdup(&r->arena, subdir),
		.channel = ce_arena_strdup(&r->arena, channel),
		.base_url = ce_arena_printf(&r->arena, "%s/%s", channel, subdir),
	};

	add_section(r, json_object_get(repodata, "packages"), origin);
	add_section(r, json_object_get(repodata, "packages.conda"), origin);
}

json_t *corpus_read(const char *path)
{
	struct ce_buf text = {0};
	struct ccenv_error err;
	size_t n = strlen(path);
	json_t *o = NULL;

	if (ce_fs_read(path, (size_t)1 << 30, &text, &err) < 0)
		die(path, err.text);
	if (n > 4 && strcmp(path + n - 4, ".zst") == 0)
		unpack(path, &text);
	if (ce_json_parse(text.data, text.len, &o, &err) < 0)
		die(path, err.text);
	ce_buf_release(&text);
	return o;
}

struct ce_repodata *corpus_load(
	const char *const *paths, const char *const *channels, const char *const *subdirs, size_t n)
{
	struct ce_repodata *r = ce_repodata_new();

	for (size_t i = 0; i < n; i++) {
		CE_CLEANUP(ce_json_decrefp) json_t *o = corpus_read(paths[i]);

		corpus_add(r, o, channels[i], subdirs[i]);
	}
	ce_repodata_finish(r);
	return r;
}

struct ce_repodata *corpus_load_platform(const char *dir, const char *platform)
{
	static const char channel[] = "https://conda.anaconda.org/conda-forge";
	const char *channels[] = {channel, channel};
	const char *subdirs[] = {platform, "noarch"};
	CE_AUTOFREE char *probe = ce_asprintf("%s/noarch/repodata.json.zst", dir);
	const char *end = ce_fs_exists(probe) ? ".zst" : "";
	CE_AUTOFREE char *own = ce_asprintf("%s/%s/repodata.json%s", dir, platform, end);
	CE_AUTOFREE char *noarch = ce_asprintf("%s/noarch/repodata.json%s", dir, end);
	const char *paths[] = {own, noarch};

	return corpus_load(paths, channels, subdirs, 2);
}

static int parse_specs(const json_t *list, struct ce_arena *a, const struct ce_spec ***ret,
	size_t *ret_n, struct ccenv_error *err)
{
	size_t n = json_array_size(list);

	*ret = ce_arena_array(a, n, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		int r = ce_spec_parse(text, CE_SPEC_LENIENT, a, &(*ret)[i], err);

		if (r < 0)
			return r;
	}
	*ret_n = n;
	return 0;
}

static void read_virtuals(const json_t *list, struct ce_request *q)
{
	q->n_virtuals = json_array_size(list);
	q->virtuals = ce_arena_array(&q->arena, q->n_virtuals, sizeof(*q->virtuals));
	for (size_t i = 0; i < q->n_virtuals; i++) {
		const json_t *v = json_array_get(list, i);
		const char *text[3];

		for (size_t k = 0; k < 3; k++)
			text[k] =
				ce_arena_strdup(&q->arena, json_string_value(json_array_get(v, k)));
		q->virtuals[i] = (struct ce_virtual){text[0], text[1], text[2]};
	}
}

static size_t word(const json_t *o, const char *key, const char *const *words, size_t n)
{
	const char *text = json_string_value(json_object_get(o, key));
	size_t i = 0;

	if (!text)
		return 0;
	while (i < n && strcmp(words[i], text) != 0)
		i++;
	if (i == n)
		die(key, text);
	return i;
}

int corpus_request(const json_t *o, struct ce_request **ret_request, struct ccenv_error *err)
{
	static const char *const strategies[] = {"highest", "lowest", "lowest-direct"};
	static const char *const priorities[] = {"strict", "flexible", "disabled"};
	CE_CLEANUP(ce_request_freep) struct ce_request *q = ce_request_new();
	const json_t *channels = json_object_get(o, "channels");
	const json_t *exceptions = json_object_get(o, "exceptions");
	const json_t *limit;
	const char *name;
	int r;

	q->environment = "default";
	q->platform = ce_arena_strdup(&q->arena, json_string_value(json_object_get(o, "platform")));
	q->n_channels = channels ? json_array_size(channels) : 1;
	q->channels = ce_arena_array(&q->arena, q->n_channels, sizeof(*q->channels));
	for (size_t i = 0; i < q->n_channels; i++)
		q->channels[i] = corpus_channel(
			channels ? json_string_value(json_array_get(channels, i)) : "conda-forge",
			&q->arena);
	r = parse_specs(json_object_get(o, "specs"), &q->arena, &q->specs, &q->n_specs, err);
	if (r < 0)
		return r;
	r = parse_specs(json_object_get(o, "pins"), &q->arena, &q->pins, &q->n_pins, err);
	if (r < 0)
		return r;
	read_virtuals(json_object_get(o, "virtuals"), q);
	q->exclude_newer = (uint64_t)json_integer_value(json_object_get(o, "exclude_newer"));
	q->date_exceptions = ce_arena_array(
		&q->arena, json_object_size(exceptions), sizeof(*q->date_exceptions));
	json_object_foreach ((json_t *)exceptions, name, limit)
		q->date_exceptions[q->n_date_exceptions++] = (struct ce_date_exception){
			ce_arena_strdup(&q->arena, name), (uint64_t)json_integer_value(limit)};
	q->strategy = (enum ce_strategy)word(o, "strategy", strategies, 3);
	q->priority = (enum ce_channel_priority)word(o, "priority", priorities, 3);
	*ret_request = CE_TAKE(q);
	return 0;
}
