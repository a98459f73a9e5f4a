/* SPDX-License-Identifier: MIT */
/* One package: its bytes are hashed while they are unpacked; the entry appears when both were
 * right. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/url.h"
#include "cache/contents.h"
#include "cache/entry.h"
#include "cache/layout.h"
#include "fetch/hasher.h"
#include "fetch/import_unpacked.h"
#include "fetch/job.h"
#include "io/archive.h"
#include "model/pkg.h"

enum {
	SPLIT_BYTES = 4 << 20, /* smaller archives are hashed before a thread has started */
	ENTRIES_MAX = 1000 * 1000
};

/*
 * Bounds for what a package may unpack to. The format has none; real packages shrink by 3 to 10,
 * headers by 20. The floor lets small archives of very even content through.
 */
static const uint64_t unpacked_floor = 2ULL << 30;
static const uint64_t unpacked_ratio = 100;
static const uint64_t unpacked_max = 256ULL << 30;

struct source {
	struct ce_job *job;
	struct ce_stream_reader reader;
	struct ce_hasher *hasher; /* sha256, or md5 when the record has nothing better */
	struct ce_entry entry;
	char head[CE_ARCHIVE_HEAD];
	size_t n_head;
	bool interrupted; /* the stream ended or was restarted */
	bool unreadable;  /* the file system failed to read another program's archive */
};

static int read_chunk(void *user, const void **ret_data, size_t *ret_len, struct ccenv_error *err)
{
	struct source *s = user;
	char *chunk = ce_hasher_room(s->hasher);
	ssize_t n;

	if (atomic_load(&s->job->run->cancelled)) {
		s->interrupted = true;
		return ce_fail(err, CCENV_EIO, "stopped");
	}
	n = ce_stream_read(&s->reader, chunk, CE_HASHER_CHUNK);
	if (n == -1) {
		s->interrupted = true;
		return ce_fail(err, CCENV_EIO, "the transfer was interrupted");
	}
	s->unreadable = n < 0 && s->job->source == CE_SOURCE_EXTERNAL_ARCHIVE;
	if (n < 0)
		return ce_fail_errno(err, errno, "cannot read %s", s->job->archive);
	ce_hasher_put(s->hasher, (size_t)n);
	if (s->n_head == 0) {
		s->n_head = (size_t)n < sizeof(s->head) ? (size_t)n : sizeof(s->head);
		memcpy(s->head, chunk, s->n_head);
	}
	atomic_store(&s->job->consumed, s->reader.offset);
	*ret_data = chunk;
	*ret_len = (size_t)n;
	return 0;
}

static int note_entry(void *user, const struct ce_archive_entry *entry, struct ccenv_error *err)
{
	struct source *s = user;
	struct ce_fetch_run *run = s->job->run;

	ce_entry_note(&s->entry, entry);
	/* Each archive may be small and within its own limit. */
	if (atomic_fetch_add(&run->unpacked, entry->size) + entry->size <= run->unpacked_max)
		return 0;
	return ce_fail(err, CCENV_EIO,
		"the packages together unpack to more than %llu MiB: refused",
		(unsigned long long)(run->unpacked_max >> 20));
}

/* Hashes what is left behind the last member. */
static int drain(struct source *s, struct ccenv_error *err)
{
	const void *data;
	size_t len = 0;
	int r;

	do
		r = read_chunk(s, &data, &len, err);
	while (r == 0 && len > 0);
	return r;
}

static int fail_hash(struct source *s, const char *found, struct ccenv_error *err)
{
	const struct ce_job *job = s->job;
	CE_AUTOFREE char *url = ce_url_redact(job->pkg->url);
	const char *kind = s->job->pkg->sha256 ? "sha256" : "md5";
	const char *what = ce_archive_describe(s->head, s->n_head);

	if (what)
		return ce_fail(err, CCENV_EHASH,
			"%s is not a package: what %s is %s (%llu bytes), as a proxy, a login page or a broken mirror may give; open the URL by hand, or run `ccenv lock` if the channel has changed",
			url, job->source == CE_SOURCE_CHANNEL_FILE ? "stands there" : "arrived",
			what, (unsigned long long)s->reader.offset);
	if (job->source == CE_SOURCE_CHANNEL_FILE)
		return ce_fail(err, CCENV_EHASH,
			"%s is damaged or was replaced: its %s is %s, expected %s (%llu bytes); put the right file there, or run `ccenv lock` if the channel has changed",
			url, kind, found, job->key, (unsigned long long)s->reader.offset);
	return ce_fail(err, CCENV_EHASH,
		"%s arrived damaged or was replaced: its %s is %s, expected %s (%llu bytes); the download was removed: run the command again, or `ccenv lock` if the channel has changed",
		url, kind, found, job->key, (unsigned long long)s->reader.offset);
}

/* The archive is the locked one, and cannot be used: it is too new, or not what a package should be. */
static int fail_package(const struct ce_job *job, int r, struct ccenv_error *err)
{
	if (strstr(err->text, "a newer ccenv is needed"))
		return ce_context(err, r, "%s", job->pkg->fn);
	ce_context(err, r, "%s: the package itself is wrong", job->pkg->fn);
	return ce_hint(err, r,
		"(these are the locked bytes, so downloading it again does not help: lock another build of it, and report it to its channel)");
}

/* The hash is judged before anything that went wrong in unpacking: damage explains that too. */
static int judge(struct source *s, int unpacked, const struct ccenv_error *unpack_err,
	struct ccenv_error *err)
{
	char hex[CE_SHA256_HEX + 1];
	int r;

	if (s->interrupted)
		return CE_UNPACK_AGAIN;
	if (s->unreadable)
		return CE_UNPACK_REFETCH;
	if (unpacked < 0 && unpacked != CCENV_EDATA) {
		*err = *unpack_err;
		return ce_context(err, unpacked, "%s", s->job->pkg->fn);
	}
	r = drain(s, err);
	if (s->unreadable)
		return CE_UNPACK_REFETCH;
	if (r < 0)
		return s->interrupted ? CE_UNPACK_AGAIN : r;
	ce_hasher_final(s->hasher, hex);
	if (strcmp(hex, s->job->key) != 0) {
		if (s->job->source == CE_SOURCE_PART || ce_job_is_external(s->job) ||
			s->job->more_places)
			return CE_UNPACK_REFETCH;
		if (ce_job_is_download(s->job) && unlink(s->job->archive) < 0 && errno != ENOENT)
			return ce_fail_errno(err, errno, "cannot remove %s", s->job->archive);
		return fail_hash(s, hex, err);
	}
	if (unpacked < 0) {
		*err = *unpack_err;
		if (ce_job_is_download(s->job))
			ce_ignore(unlink(s->job->archive)); /* this is what the channel has */
		return fail_package(s->job, unpacked, err);
	}
	return 0;
}

/* Is the archive what the record says it is? Only what names it is compared: channels patch the
 * rest of a record. */
static int check_index(
	const struct ce_contents *found, const struct ce_pkg *pkg, struct ccenv_error *err)
{
	const char *build = found->build ? found->build : pkg->build;

	if (strcmp(found->name, pkg->name) == 0 && strcmp(found->version, pkg->version) == 0 &&
		strcmp(build, pkg->build) == 0)
		return 0;
	return ce_fail(err, CCENV_EDATA,
		"%s holds %.100s %.100s %.100s, not %s %s %s: run `ccenv lock`", pkg->fn,
		found->name, found->version, build, pkg->name, pkg->version, pkg->build);
}

/* How much a package may unpack to. */
static uint64_t unpacked_limit(const struct ce_pkg *pkg)
{
	if (pkg->size <= unpacked_floor / unpacked_ratio)
		return unpacked_floor;
	return pkg->size > unpacked_max / unpacked_ratio ? unpacked_max
							 : pkg->size * unpacked_ratio;
}

static int publish(struct ce_job *job, struct ce_entry *entry, struct ccenv_error *err)
{
	CE_AUTOFREE char *part = ce_cache_part(job->run->o->cache_dir, job->key);
	int r = 0;

	if (job->run->o->check == CE_FETCH_AGAIN)
		r = ce_entry_remove(job->dir, err);
	if (r < 0)
		return ce_context(err, r, "%s", job->pkg->fn);
	r = ce_entry_publish(entry, job->dir, job->pkg, err);
	if (r < 0)
		return ce_context(err, r, "%s", job->pkg->fn);
	/* The entry is what counts; the archive was only the way to it. */
	if (job->source != CE_SOURCE_CHANNEL_FILE)
		ce_ignore(unlink(part));
	return 0;
}

static int unpack_and_publish(struct source *s, struct ccenv_error *err)
{
	struct ce_job *job = s->job;
	struct ccenv_error unpack_err = {0};
	bool conda = ce_pkg_is_conda(job->pkg);
	CE_AUTOFREE char *stem =
		conda ? ce_strndup(job->pkg->fn, strlen(job->pkg->fn) - strlen(".conda")) : NULL;
	struct ce_archive_unpack u = {
		.format = conda ? CE_ARCHIVE_CONDA : CE_ARCHIVE_TAR_BZ2,
		.dest = s->entry.tree,
		.max_bytes = unpacked_limit(job->pkg),
		.max_entries = ENTRIES_MAX,
		.arena = &s->entry.contents->arena,
		.stem = stem,
		.threaded = job->split,
		.user = s,
		.read = read_chunk,
		.entry = note_entry,
	};
	int r = ce_archive_unpack(&u, &unpack_err);

	r = judge(s, r, &unpack_err, err);
	if (r != 0)
		return r;
	r = ce_entry_list(&s->entry, err);
	if (r == CCENV_EDATA)
		return fail_package(job, r, err);
	if (r < 0)
		return ce_context(err, r, "%s", job->pkg->fn);
	r = check_index(s->entry.contents, job->pkg, err);
	return r < 0 ? r : publish(job, &s->entry, err);
}

static int import_and_publish(struct ce_job *job, struct ce_entry *entry, struct ccenv_error *err)
{
	int r = ce_import_unpacked(
		job->archive, unpacked_limit(job->pkg), entry, &job->run->cancelled, err);

	if (r < 0)
		return r;
	r = check_index(entry->contents, job->pkg, err);
	if (r < 0)
		return r;
	atomic_store(&job->consumed, job->pkg->size);
	return publish(job, entry, err);
}

/* What another program has unpacked; whatever is wrong with it, it can be had elsewhere. */
static int import(struct ce_job *job, struct ccenv_error *err)
{
	struct ce_entry entry;
	int r = ce_entry_begin(job->run->o->cache_dir, job->key, &entry, err);

	if (r < 0)
		return r;
	r = import_and_publish(job, &entry, err);
	ce_entry_drop(&entry);
	if (r == 0)
		return 0;
	if (atomic_load(&job->run->cancelled))
		return CE_UNPACK_AGAIN;
	free(job->why);
	job->why = ce_strdup(err->text);
	return CE_UNPACK_REFETCH;
}

int ce_job_unpack(struct ce_job *job, struct ccenv_error *err)
{
	struct source s = {.job = job};
	int r;

	if (job->source == CE_SOURCE_EXTERNAL_DIR)
		return import(job, err);
	r = ce_entry_begin(job->run->o->cache_dir, job->key, &s.entry, err);
	if (r < 0)
		return r;
	ce_stream_begin(&job->stream, &s.reader);
	s.hasher = ce_hasher_new(job->pkg->sha256 ? CE_DIGEST_SHA256 : CE_DIGEST_MD5,
		job->split && job->pkg->size >= SPLIT_BYTES);
	r = unpack_and_publish(&s, err);
	ce_hasher_free(s.hasher);
	ce_entry_drop(&s.entry);
	return r;
}
