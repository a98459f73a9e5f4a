/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading the per-name index. The hard part is to keep little in memory while half a
 * gigabyte goes by: as an index is sorted by file name, the records of one name mostly stand
 * together, and a span of them is one entry.
 */
#include "repodata/name_index.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/os.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"
#include "repodata/declared.h"
#include "spec/name.h"

enum {
	BUFFER_MIN = 512 * 1024,
	SPANS_MAX = 4 << 20,
	NAMES_MAX = 1 << 20,
	REMOVED_MAX = 1 << 22, /* bytes of names */
	SPAN_LEN_MAX = 64 << 20,
	SPAN_LEN_BITS = (1 << 28) - 1,
	INFO_MAX = 1 << 20,
};

static const uint64_t text_max = 2ULL << 30;
/* The last letter is the version of the layout. */
static const char magic[16] = "ccenv-index 4";

struct span {
	uint64_t at;
	uint64_t hash;
	uint32_t len : 28, section : 4; /* enum ce_repo_scan_section */
	uint32_t name; /* while writing: number of the name, in order of first sight */
};

struct name {
	uint32_t text;       /* place in the strings */
	uint32_t first_span; /* and the following, up to the next name's */
};

struct footer {
	char magic[16];
	uint64_t text_len, names_at, n_names, spans_at, n_spans, removed_at, n_removed, strings_at,
		strings_len;
	uint64_t content;  /* hash of all records */
	uint64_t base_url; /* place in the strings */
	uint64_t tables;   /* hash of all between the text and the footer */
	uint64_t self;     /* hash of the footer up to here */
};

/* Against damage, not against an enemy. Chained by the seed. */
static uint64_t checksum(const void *data, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(data, len, seed);
}

/* ---- writing ---- */

struct ce_name_index_writer {
	struct ce_stage stage;
	char *buf;
	size_t len, cap;
	uint64_t written; /* bytes of text that are in the file */
	struct ce_repo_scan scan;
	struct span *spans;
	size_t n_spans, cap_spans;
	bool open_span; /* the last span ends with the last record seen */
	uint64_t content;
	struct ce_map names; /* value: number + 1 */
	const char *last_name;
	uint32_t last_number;
	struct ce_map removed;
	size_t removed_len;
	char *base_url;
	struct ce_buf declared; /* by declared.h */
};

static size_t find_last(const char *s, size_t len, char c)
{
	const char *p = len ? ce_os_memrchr(s, c, len) : NULL;

	return p ? (size_t)(p - s) : 0;
}

/* "cuda-nvcc-12.9.86-hcdd1206_1" -> length of "cuda-nvcc" */
static size_t stem_name(const char *fn, size_t len)
{
	return find_last(fn, find_last(fn, len, '-'), '-');
}

size_t ce_name_index_fn_name(const char *fn, size_t len)
{
	if (len > 6 && memcmp(fn + len - 6, ".conda", 6) == 0)
		len -= 6;
	else if (len > 8 && memcmp(fn + len - 8, ".tar.bz2", 8) == 0)
		len -= 8;
	else
		return 0;
	return stem_name(fn, len);
}

/* The number of a name, which is lowered, made if it is new; <0 at the cap. */
static int64_t name_number(struct ce_name_index_writer *w, const char *name, size_t len)
{
	char text[256];

	if (w->last_name && strncmp(w->last_name, name, len) == 0 && !w->last_name[len])
		return w->last_number;
	if (len >= sizeof(text))
		return -1;
	memcpy(text, name, len);
	text[len] = '\0';
	ce_name_to_lower(text);
	uintptr_t number = (uintptr_t)ce_map_get(&w->names, text);
	if (!number) {
		if (w->names.n >= NAMES_MAX)
			return -1;
		number = w->names.n + 1;
		ce_map_set(&w->names, text, (void *)number);
	}
	w->last_number = (uint32_t)number - 1;
	w->last_name = w->names.entries[w->last_number].key;
	return w->last_number;
}

static int on_record(void *user, enum ce_repo_scan_section section,
	const struct ce_repo_scan_record *rec, uint64_t at, struct ccenv_error *err)
{
	struct ce_name_index_writer *w = user;
	size_t name_len = *ce_repo_scan_extension(section)
				  ? stem_name(rec->fn, rec->fn_len)
				  : ce_name_index_fn_name(rec->fn, rec->fn_len);
	struct span *last = w->n_spans ? &w->spans[w->n_spans - 1] : NULL;
	bool open = w->open_span && last && last->section == section;

	/* What has no package's file name cannot be installed, whatever the record says. */
	w->open_span = false;
	if (!name_len || name_len > 128)
		return 0;
	int64_t number = name_number(w, rec->fn, name_len);
	if (number < 0 || w->n_spans >= SPANS_MAX)
		return ce_fail(err, CCENV_EDATA, "damaged index: too many package names");
	w->open_span = true;
	if (open && last->name == number && at + rec->len - last->at <= SPAN_LEN_MAX) {
		last->len = (uint32_t)(at + rec->len - last->at) & SPAN_LEN_BITS;
		last->hash = checksum(rec->text, rec->len, last->hash);
		return 0;
	}
	CE_GROW(w->spans, w->n_spans, w->cap_spans);
	assert(w->spans);
	w->spans[w->n_spans++] = (struct span){
		.at = at,
		.hash = checksum(rec->text, rec->len, 0),
		.len = (uint32_t)rec->len & SPAN_LEN_BITS,
		.section = section,
		.name = (uint32_t)number,
	};
	return 0;
}

static int on_removed(void *user, const char *fn, size_t len, struct ccenv_error *err)
{
	struct ce_name_index_writer *w = user;

	if (!ce_name_index_fn_name(fn, len))
		return 0;
	w->removed_len += len + 1;
	if (w->removed_len > REMOVED_MAX)
		return ce_fail(err, CCENV_EDATA, "damaged index: too many removed files");
	CE_AUTOFREE char *text = ce_strndup(fn, len);
	ce_map_insert(&w->removed, text);
	return 0;
}

static int check_texts(const json_t *o, const char *const *keys, size_t n, struct ccenv_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_object_get(o, keys[i]);

		if (v && !json_is_string(v) && !json_is_null(v))
			return ce_fail(
				err, CCENV_EDATA, "damaged index: info: %s is no text", keys[i]);
	}
	return 0;
}

/* What has another type than it should is an error, as in rattler, and not as if it were not there. */
static int check_info(const json_t *info, struct ccenv_error *err)
{
	static const char *const texts[] = {"subdir", "base_url"};
	static const char *const related[] = {"base", "overrides"};
	const json_t *relations = json_object_get(info, "channel_relations");
	const json_t *revisions = json_object_get(info, "repodata_revisions");
	int r = check_texts(info, texts, CE_COUNT(texts), err);

	if (r < 0)
		return r;
	if (revisions && !json_is_object(revisions))
		return ce_fail(
			err, CCENV_EDATA, "damaged index: info: repodata_revisions is no object");
	if (relations && !json_is_object(relations) && !json_is_null(relations) &&
		!(json_is_array(relations) && json_array_size(relations) == 0))
		return ce_fail(
			err, CCENV_EDATA, "damaged index: info: channel_relations is no object");
	return check_texts(relations, related, CE_COUNT(related), err);
}

static int on_info(void *user, const char *text, size_t len, struct ccenv_error *err)
{
	struct ce_name_index_writer *w = user;
	CE_CLEANUP(ce_json_decrefp) json_t *info = NULL;
	const char *key;
	json_t *revision;

	if (len > INFO_MAX)
		return ce_fail(err, CCENV_EDATA, "damaged index: info: too long");
	int r = ce_json_parse(text, len, &info, err);
	if (r < 0)
		return ce_context(err, r, "damaged index: info");
	r = check_info(info, err);
	if (r < 0)
		return r;
	const char *base = json_string_value(json_object_get(info, "base_url"));
	free(w->base_url);
	w->base_url = ce_strdup(base ? base : "");
	const json_t *relations = json_object_get(info, "channel_relations");
	if (json_object_size(relations) > 0)
		ce_declare_relations(&w->declared,
			json_string_value(json_object_get(relations, "base")),
			json_string_value(json_object_get(relations, "overrides")));
	json_object_foreach (json_object_get(info, "repodata_revisions"), key, revision)
		ce_declare_revision(&w->declared, key, strlen(key));
	return 0;
}

int ce_name_index_writer_new(
	const char *path, struct ce_name_index_writer **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_name_index_writer_freep)
	struct ce_name_index_writer *w = ce_calloc(1, sizeof(*w));
	const struct ce_repo_scan_events ev = {w, on_record, on_removed, on_info};
	int r;

	w->stage = (struct ce_stage)CE_STAGE_NONE;
	r = ce_stage_file(path, 0644, &w->stage, err);
	if (r < 0)
		return r;
	w->cap = BUFFER_MIN;
	w->buf = ce_alloc(w->cap);
	ce_repo_scan_init(&w->scan, &ev);
	*ret = CE_TAKE(w);
	return 0;
}

void ce_name_index_writer_free(struct ce_name_index_writer *w)
{
	if (!w)
		return;
	ce_stage_drop(&w->stage);
	ce_map_release(&w->names);
	ce_map_release(&w->removed);
	free(w->base_url);
	ce_buf_release(&w->declared);
	free(w->spans);
	free(w->buf);
	free(w);
}

char *ce_name_index_writer_space(struct ce_name_index_writer *w, size_t *ret_len)
{
	if (w->len == w->cap) {
		w->cap *= 2;
		w->buf = ce_realloc(w->buf, w->cap);
	}
	*ret_len = w->cap - w->len;
	return w->buf + w->len;
}

static int put(
	struct ce_name_index_writer *w, const void *data, size_t len, struct ccenv_error *err)
{
	if (ce_fs_write_all(w->stage.fd, data, len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", w->stage.path);
	return 0;
}

/* Scans what is in the buffer, and writes what was taken. */
static int drain(struct ce_name_index_writer *w, struct ccenv_error *err)
{
	size_t taken;
	int r = ce_repo_scan_feed(&w->scan, w->buf, w->len, &taken, err);

	if (r < 0)
		return r;
	w->written += taken;
	if (w->written > text_max)
		return ce_fail(err, CCENV_EDATA, "damaged index: more than 2 GiB of text");
	if (!taken && w->len > CE_REPO_SCAN_RECORD_MAX + BUFFER_MIN)
		return ce_fail(err, CCENV_EDATA, "damaged index: byte %llu: an item without end",
			(unsigned long long)w->written);
	r = put(w, w->buf, taken, err);
	if (r < 0)
		return r;
	memmove(w->buf, w->buf + taken, w->len - taken);
	w->len -= taken;
	return 0;
}

int ce_name_index_writer_filled(struct ce_name_index_writer *w, size_t len, struct ccenv_error *err)
{
	w->len += len;
	/* Small pieces are gathered: each scan begins again at the record that was cut off. */
	return w->len < w->cap / 4 * 3 ? 0 : drain(w, err);
}

struct order {
	const char *name;
	uint32_t number;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct order *)a)->name, ((const struct order *)b)->name);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Spans in the order of their names, and by place within one; `n_spans` of each name are counted into
 * `first`. */
static void sort_spans(struct ce_name_index_writer *w, const uint32_t *rank, struct name *names)
{
	size_t n = w->names.n;
	uint32_t *next = ce_calloc(n + 1, sizeof(*next));
	struct span *sorted = ce_calloc(w->n_spans, sizeof(*sorted));

	for (size_t i = 0; i < w->n_spans; i++)
		next[rank[w->spans[i].name] + 1]++;
	for (size_t i = 0; i < n; i++) {
		next[i + 1] += next[i];
		names[i].first_span = next[i];
	}
	for (size_t i = 0; i < w->n_spans; i++) {
		uint32_t r = rank[w->spans[i].name];
		const uint64_t span[] = {w->spans[i].hash, w->spans[i].at, r};
		w->content = checksum(span, sizeof(span), w->content);
		sorted[next[r]++] = w->spans[i];
	}
	free(next);
	free(w->spans);
	w->spans = sorted;
}

/* Fills names (sorted), their texts, and the spans in that order. The caller frees. */
static struct name *make_names(struct ce_name_index_writer *w, struct ce_buf *strings)
{
	size_t n = w->names.n;
	struct name *names = ce_calloc(n, sizeof(*names));
	CE_AUTOFREE struct order *order = ce_calloc(n, sizeof(*order));
	CE_AUTOFREE uint32_t *rank = ce_calloc(n, sizeof(*rank));

	for (size_t i = 0; i < n; i++)
		order[i] = (struct order){w->names.entries[i].key, (uint32_t)i};
	qsort(order, n, sizeof(*order), by_name);
	for (size_t i = 0; i < n; i++) {
		rank[order[i].number] = (uint32_t)i;
		names[i].text = (uint32_t)strings->len;
		ce_buf_add(strings, order[i].name, strlen(order[i].name) + 1);
	}
	sort_spans(w, rank, names);
	return names;
}

static uint32_t *make_removed(struct ce_name_index_writer *w, struct ce_buf *strings)
{
	size_t n = w->removed.n;
	uint32_t *places = ce_calloc(n, sizeof(*places));
	CE_AUTOFREE const char **texts = ce_calloc(n, sizeof(*texts));

	for (size_t i = 0; i < n; i++)
		texts[i] = w->removed.entries[i].key;
	qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++) {
		places[i] = (uint32_t)strings->len;
		ce_buf_add(strings, texts[i], strlen(texts[i]) + 1);
	}
	return places;
}

static uint64_t add_table(struct ce_buf *b, uint64_t from, const void *data, size_t len)
{
	uint64_t at = from + b->len;

	ce_buf_add(b, data, len);
	while (b->len % 8)
		ce_buf_addc(b, '\0');
	return at;
}

static int write_tables(struct ce_name_index_writer *w, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf strings = {0}, b = {0};
	static const char zeros[8];
	size_t pad = (size_t)(-w->written & 7);
	uint64_t from = w->written + pad;
	struct footer f = {
		.text_len = w->written,
		.n_names = w->names.n,
		.n_spans = w->n_spans,
		.n_removed = w->removed.n,
	};

	memcpy(f.magic, magic, sizeof(f.magic));
	ce_buf_addc(&strings, '\0');
	CE_AUTOFREE struct name *names = make_names(w, &strings);
	CE_AUTOFREE uint32_t *removed = make_removed(w, &strings);
	if (w->scan.has_wheels)
		ce_declare_wheels(&w->declared);
	if ((w->base_url && *w->base_url) || w->declared.len) {
		const char *base = w->base_url ? w->base_url : "", *more = ce_buf_str(&w->declared);

		/* The last of the strings: files of before end with base_url. */
		f.base_url = strings.len;
		ce_buf_add(&strings, base, strlen(base) + 1);
		if (*more)
			ce_buf_add(&strings, more, strlen(more) + 1);
	}
	f.names_at = add_table(&b, from, names, w->names.n * sizeof(*names));
	f.spans_at = add_table(&b, from, w->spans, w->n_spans * sizeof(*w->spans));
	f.removed_at = add_table(&b, from, removed, w->removed.n * sizeof(*removed));
	f.strings_len = strings.len;
	f.strings_at = add_table(&b, from, strings.data, strings.len);
	f.content = checksum(strings.data, strings.len, w->content);
	f.tables = checksum(b.data, b.len, 0);
	f.self = checksum(&f, offsetof(struct footer, self), 0);
	ce_buf_add(&b, &f, sizeof(f));
	int r = put(w, zeros, pad, err);
	return r < 0 ? r : put(w, b.data, b.len, err);
}

int ce_name_index_writer_finish(struct ce_name_index_writer *w, struct ccenv_error *err)
{
	int r = drain(w, err);

	if (r < 0)
		return r;
	r = ce_repo_scan_end(&w->scan, err);
	if (r < 0)
		return r;
	r = write_tables(w, err);
	if (r < 0)
		return r;
	/* No fsync: after a crash the check sums tell, and the index is fetched again. */
	w->stage.hasty = true;
	return ce_stage_commit(&w->stage, err);
}

/* ---- reading ---- */

struct ce_name_index {
	char *path;
	const char *map;
	size_t size;
	struct footer f;
	const struct name *names;
	const struct span *spans;
	const uint32_t *removed;
	const char *strings;
	char id[17];
};

void ce_name_index_close(struct ce_name_index *i)
{
	if (!i)
		return;
	if (i->map)
		munmap((void *)i->map, i->size);
	free(i->path);
	free(i);
}

static int damaged(const struct ce_name_index *i, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "the cached index %s is damaged", i->path);
}

static bool table_fits(const struct ce_name_index *i, uint64_t at, uint64_t n, size_t size)
{
	return at % 8 == 0 && at >= i->f.text_len && at <= i->size && n <= (i->size - at) / size;
}

/* Footer and tables are checked once, so that a reader can trust every place in them. */
static bool check_tables(struct ce_name_index *i)
{
	const struct footer *f = &i->f;
	uint64_t begin = (f->text_len + 7) & ~7ULL;
	size_t end = i->size - sizeof(*f);

	if (memcmp(f->magic, magic, sizeof(magic)) != 0 ||
		f->self != checksum(f, offsetof(struct footer, self), 0))
		return false;
	if (!table_fits(i, f->names_at, f->n_names, sizeof(struct name)) ||
		!table_fits(i, f->spans_at, f->n_spans, sizeof(struct span)) ||
		!table_fits(i, f->removed_at, f->n_removed, sizeof(uint32_t)) ||
		!table_fits(i, f->strings_at, f->strings_len, 1) || begin > end || !f->strings_len)
		return false;
	if (f->tables != checksum(i->map + begin, end - begin, 0))
		return false;
	i->names = (const void *)(i->map + f->names_at);
	i->spans = (const void *)(i->map + f->spans_at);
	i->removed = (const void *)(i->map + f->removed_at);
	i->strings = i->map + f->strings_at;
	return i->strings[f->strings_len - 1] == '\0';
}

int ce_name_index_open(const char *path, struct ce_name_index **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_name_index_closep) struct ce_name_index *i = ce_calloc(1, sizeof(*i));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file", path);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", path);
	i->path = ce_strdup(path);
	if (fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(i->f)) {
		i->size = (size_t)st.st_size;
		/* Files of the cache are only ever replaced, so what is mapped stays. */
		void *map = mmap(NULL, i->size, PROT_READ, MAP_PRIVATE, fd, 0);
		i->map = map == MAP_FAILED ? NULL : map;
	}
	close(fd);
	if (!i->map)
		return damaged(i, err);
	memcpy(&i->f, i->map + i->size - sizeof(i->f), sizeof(i->f));
	if (!check_tables(i))
		return damaged(i, err);
	snprintf(i->id, sizeof(i->id), "%016llx", (unsigned long long)i->f.content);
	*ret = CE_TAKE(i);
	return 0;
}

const char *ce_name_index_id(const struct ce_name_index *i)
{
	return i->id;
}

const char *ce_name_index_base_url(const struct ce_name_index *i)
{
	return i->strings + i->f.base_url;
}

const char *ce_name_index_declared(const struct ce_name_index *i)
{
	uint64_t at = i->f.base_url + strlen(i->strings + i->f.base_url) + 1;

	return i->f.base_url && at < i->f.strings_len ? i->strings + at : "";
}

static bool is_removed(const struct ce_name_index *i, const struct ce_repo_scan_record *rec,
	enum ce_repo_scan_section section)
{
	CE_AUTOFREE char *fn =
		ce_asprintf("%.*s%s", (int)rec->fn_len, rec->fn, ce_repo_scan_extension(section));
	size_t low = 0, high = i->f.n_removed;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const char *text = i->strings + i->removed[mid];
		int c = strcmp(text, fn);
		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static int each_of_span(const struct ce_name_index *i, const struct span *span,
	ce_name_index_each_fn *each, void *user, struct ccenv_error *err)
{
	const char *p = i->map + span->at, *end = p + span->len;
	struct ce_repo_scan_record rec;
	uint64_t sum = 0;
	int r;

	if (span->at > i->f.text_len || span->len > i->f.text_len - span->at)
		return damaged(i, err);
	while ((r = ce_repo_scan_next(&p, end, &rec)) > 0) {
		sum = checksum(rec.text, rec.len, sum);
		if (i->f.n_removed && is_removed(i, &rec, span->section))
			continue;
		r = each(user, &rec, span->section, err);
		if (r < 0)
			return r;
	}
	return r < 0 || p != end || sum != span->hash ? damaged(i, err) : 0;
}

void ce_name_index_each_name(const struct ce_name_index *i,
	void (*each)(void *user, const char *name, size_t len), void *user)
{
	for (size_t n = 0; n < i->f.n_names; n++) {
		const char *name = i->strings + i->names[n].text;

		each(user, name, strlen(name));
	}
}

/* The place of the name in the table; n_names when it is not there. */
static size_t find_name(const struct ce_name_index *i, const char *name)
{
	size_t low = 0, high = i->f.n_names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(i->strings + i->names[mid].text, name);
		if (c == 0)
			return mid;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return i->f.n_names;
}

int ce_name_index_each(const struct ce_name_index *i, const char *name, ce_name_index_each_fn *each,
	void *user, struct ccenv_error *err)
{
	size_t at = find_name(i, name);

	if (at == i->f.n_names)
		return 0;
	size_t end = at + 1 < i->f.n_names ? i->names[at + 1].first_span : i->f.n_spans;
	for (size_t n = i->names[at].first_span; n < end; n++) {
		int r = each_of_span(i, &i->spans[n], each, user, err);
		if (r < 0)
			return r;
	}
	return 0;
}
