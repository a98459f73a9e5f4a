/* SPDX-License-Identifier: MIT */
/* Whole archives of packages; see archives.h. */
#include "fetch/archives.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"
#include "fetch/external_cache.h"
#include "fetch/fetch.h"
#include "io/download.h"
#include "model/pkg.h"

#define ARCHIVE_MAX ((uint64_t)16 << 30)

enum {
	CHUNK = 256 << 10
};

struct archives;

/* One file in the making. */
struct archive {
	struct archives *all;
	const struct ce_pkg *pkg;
	const char *path;
	struct ce_stage stage;
	struct ce_digest *digest;
};

struct archives {
	const struct ce_fetch_options *o;
	struct archive *items;
	size_t n;
	struct ccenv_progress progress;
	bool failed;
	struct ccenv_error failure; /* the first */
};

static void drop(struct archive *a)
{
	ce_stage_drop(&a->stage);
	ce_digest_free(a->digest);
	a->stage = (struct ce_stage)CE_STAGE_NONE;
	a->digest = NULL;
}

static void archives_release(struct archives *all)
{
	for (size_t i = 0; i < all->n; i++)
		drop(&all->items[i]);
	free(all->items);
}

static int begin(struct archive *a, struct ccenv_error *err)
{
	drop(a);
	a->digest = ce_digest_new(CE_DIGEST_SHA256);
	return ce_stage_file(a->path, 0644, &a->stage, err);
}

static int put(struct archive *a, const void *data, size_t len, struct ccenv_error *err)
{
	if (!a->digest) {
		int r = begin(a, err);

		if (r < 0)
			return r;
	}
	ce_digest_update(a->digest, data, len);
	if (ce_fs_write_all(a->stage.fd, data, len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", a->path);
	return 0;
}

/* Puts it in place if it is the locked one. */
static int finish(struct archive *a, struct ccenv_error *err)
{
	char hex[CE_SHA256_HEX + 1] = "";
	int r;

	if (!a->digest)
		return ce_fail(err, CCENV_EHASH, "%s is empty", a->pkg->url);
	ce_digest_final(CE_TAKE(a->digest), hex);
	if (strcmp(hex, a->pkg->sha256) != 0)
		return ce_fail(err, CCENV_EHASH, "%s has sha256 %s, and %s is locked", a->pkg->url,
			hex, a->pkg->sha256);
	r = ce_stage_commit(&a->stage, err);
	drop(a);
	return r;
}

static void note_done(struct archives *all, const struct archive *a)
{
	all->progress.items_done++;
	all->progress.bytes_done += a->pkg->size;
	ce_progress(&all->o->events[0], &all->progress);
}

/* ---- downloads ---- */

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	return put(user, data, len, err);
}

static int on_restart(void *user, struct ccenv_error *err)
{
	(void)err;
	drop(user);
	return 0;
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *result)
{
	struct archive *a = user;
	struct ccenv_error err = {0};
	int r = result->code;

	if (r < 0)
		ce_fail(&err, r, "%s", result->text);
	else
		r = finish(a, &err);
	drop(a);
	if (r == CCENV_EHASH && result->more_places)
		return CE_DAMAGED;
	if (r < 0 && !a->all->failed) {
		a->all->failed = true;
		a->all->failure = err;
	}
	if (r >= 0)
		note_done(a->all, a);
	return CE_TAKEN;
}

static int download(struct archives *all, const bool *done, struct ccenv_error *err)
{
	const struct ce_downloader_options options = {
		.getenv_fn = all->o->getenv_fn,
		.offline = all->o->offline,
		.channels = all->o->channels,
		.n_channels = all->o->n_channels,
		.events = all->o->events,
	};
	CE_CLEANUP(ce_downloader_freep) struct ce_downloader *d = NULL;
	int r = ce_downloader_new(&options, &d, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all->n; i++) {
		struct archive *a = &all->items[i];
		const struct ce_download t = {
			.url = a->pkg->url,
			.max_bytes = a->pkg->size ? a->pkg->size : ARCHIVE_MAX,
			.expected_bytes = a->pkg->size,
			.user = a,
			.on_data = on_data,
			.on_restart = on_restart,
			.on_done = on_done,
		};

		if (!done[i])
			ce_downloader_add(d, &t);
	}
	r = ce_downloader_run(d, -1, err);
	if (r >= 0 && all->failed) {
		*err = all->failure;
		r = err->code;
	}
	return r < 0 ? r : 0;
}

/* ---- what is there already ---- */

static bool is_there(const struct archive *a)
{
	char hex[CE_SHA256_HEX + 1];
	struct ccenv_error ignored;
	struct stat st;

	return lstat(a->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       ce_sha256_file(a->path, hex, &ignored) == 0 && strcmp(hex, a->pkg->sha256) == 0;
}

static int copy(struct archive *a, int fd, struct ccenv_error *err)
{
	CE_AUTOFREE char *chunk = ce_alloc(CHUNK);
	ssize_t n;

	drop(a);
	while ((n = read(fd, chunk, CHUNK)) > 0) {
		int r = put(a, chunk, (size_t)n, err);

		if (r < 0)
			return r;
	}
	return n < 0 ? ce_fail_errno(err, errno, "cannot read an archive") : finish(a, err);
}

/* Another program's cache may have it; one that is wrong is passed over. */
static bool take_external(struct archive *a)
{
	size_t at = 0;

	for (;;) {
		CE_AUTOFREE char *path = NULL;
		struct ccenv_error ignored;
		uint64_t size;
		CE_CLEANUP(ce_fs_closep)
		int fd = ce_external_open(a->pkg, a->all->o, &at, &path, &size);

		if (fd < 0)
			return false;
		if (copy(a, fd, &ignored) >= 0)
			return true;
		drop(a);
	}
}

int ce_fetch_archives(const struct ce_archive_place *places, size_t n,
	const struct ce_fetch_options *o, struct ccenv_error *err)
{
	CE_CLEANUP(archives_release) struct archives all = {.o = o, .n = n};
	CE_AUTOFREE bool *done = ce_calloc(n + 1, sizeof(*done));

	all.items = ce_calloc(n + 1, sizeof(*all.items));
	all.progress = (struct ccenv_progress){.phase = CCENV_PHASE_FETCH, .items_total = n};
	for (size_t i = 0; i < n; i++) {
		all.items[i] = (struct archive){
			&all, places[i].pkg, places[i].path, (struct ce_stage)CE_STAGE_NONE, NULL};
		all.progress.bytes_total += places[i].pkg->size;
	}
	for (size_t i = 0; i < n; i++) {
		done[i] = is_there(&all.items[i]) || take_external(&all.items[i]);
		if (done[i])
			note_done(&all, &all.items[i]);
	}
	return download(&all, done, err);
}
