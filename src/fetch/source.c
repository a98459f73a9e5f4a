/* SPDX-License-Identifier: MIT */
/* Where a package's bytes come from: a file of the channel, read in place, or a transfer into the
 * cache. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/os.h"
#include "base/path.h"
#include "base/url.h"
#include "cache/entry.h"
#include "cache/layout.h"
#include "fetch/external_cache.h"
#include "fetch/job.h"
#include "io/download.h"
#include "model/pkg.h"

enum {
	READABLE_BYTES = 128 << 10 /* a worker is not woken for less */
};

/* The cap of a package whose index does not say its size: several times the largest there is, and less
 * than would fill most disks. */
static const uint64_t unknown_size_max = 8ULL << 30;

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct ce_job *job = user;
	int r = ce_stream_append(&job->stream, data, len, err);

	if (r < 0)
		return ce_context(err, r, "%s", job->pkg->fn);
	if (!job->readable && job->stream.available >= READABLE_BYTES)
		ce_job_wake(job);
	return 0;
}

static int on_restart(void *user, struct ccenv_error *err)
{
	struct ce_job *job = user;

	job->source = CE_SOURCE_DOWNLOAD;
	return ce_stream_restart(&job->stream, err);
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *result)
{
	struct ce_job *job = user;
	struct ccenv_error err;

	job->place = result->place;
	job->more_places = result->more_places;
	if (result->code < 0) {
		ce_fail(&err, result->code, "%s", result->text);
		if (result->status == 404 || result->code == CCENV_ENOTFOUND)
			ce_hint(&err, result->code,
				"(the channel no longer has it: run `ccenv lock`)");
		ce_context(&err, result->code, "%s", job->pkg->fn);
		ce_stream_finish(&job->stream, false);
		if (!ce_job_may_keep(job, result->code)) {
			ce_job_fail(job->run, &err);
			return CE_TAKEN;
		}
		pthread_mutex_lock(&job->run->mutex);
		job->lost = ce_strdup(err.text);
		job->lost_code = result->code;
		pthread_mutex_unlock(&job->run->mutex);
		return CE_TAKEN;
	}
	ce_stream_finish(&job->stream, true);
	ce_job_wake(job);
	/* A worker finds out whether it is damaged; ce_job_refetch() then asks the next mirror. */
	return CE_TAKEN;
}

static int add_transfer(struct ce_job *job, uint64_t resume_from, struct ccenv_error *err)
{
	struct ce_fetch_run *run = job->run;
	struct ce_downloader_options options = {
		.getenv_fn = run->o->getenv_fn,
		.offline = run->o->offline,
		.events = run->o->events,
		.channels = run->o->channels,
		.n_channels = run->o->n_channels,
	};
	struct ce_download t = {
		.url = job->pkg->url,
		.max_bytes = job->pkg->size        ? job->pkg->size
			     : run->o->max_unsized ? run->o->max_unsized
						   : unknown_size_max,
		.expected_bytes = job->pkg->size,
		.resume_from = resume_from,
		.place = job->place,
		.user = job,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};

	if (!run->downloader) {
		int r = ce_downloader_new(&options, &run->downloader, err);

		if (r < 0)
			return r;
	}
	ce_downloader_add(run->downloader, &t);
	return 0;
}

static int open_local(struct ce_job *job, char *path, struct ccenv_error *err)
{
	/* A pipe would make open() wait. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	job->archive = path;
	job->source = CE_SOURCE_CHANNEL_FILE;
	if (fd < 0 && errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: no such file (the channel no longer has it: run `ccenv lock`)", path);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return ce_fail(err, CCENV_EIO, "%s is not a file", path);
	}
	ce_os_read_ahead(fd);
	ce_stream_init(&job->stream, fd, (uint64_t)st.st_size, CE_STREAM_COMPLETE);
	job->opened = true;
	job->readable = true;
	return 0;
}

/* How much of an earlier run's download can be kept. Without a size there is no telling how much is
 * missing. */
static uint64_t usable_part(const struct stat *st, const struct ce_pkg *pkg)
{
	return (uint64_t)st->st_size <= pkg->size ? (uint64_t)st->st_size : 0;
}

/*
 * The .part, created when there is none; *ret_have bytes of it can be kept. What stands there is
 * written only if it is a file that nobody else has another name for: anything else is replaced.
 */
static int open_part_file(const struct ce_job *job, uint64_t *ret_have, struct ccenv_error *err)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = open(job->archive, flags);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
		st.st_uid == geteuid()) {
		*ret_have = usable_part(&st, job->pkg);
		return fd;
	}
	ce_fs_closep(&fd);
	*ret_have = 0;
	if (unlink(job->archive) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot replace %s", job->archive);
	fd = open(job->archive, flags | O_CREAT | O_EXCL, 0644);
	return fd < 0 ? ce_fail_errno(err, errno, "cannot create %s", job->archive) : fd;
}

static int open_part(struct ce_job *job, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = ce_cache_archives(job->run->o->cache_dir);
	uint64_t have;
	int fd, r;

	job->archive = ce_cache_part(job->run->o->cache_dir, job->key);
	r = ce_fs_mkdirs(parent, err);
	if (r < 0)
		return r;
	fd = open_part_file(job, &have, err);
	if (fd < 0)
		return fd;
	if (have == 0 && ftruncate(fd, 0) < 0) {
		close(fd);
		return ce_fail_errno(err, errno, "cannot write %s", job->archive);
	}
	job->source = have > 0 ? CE_SOURCE_PART : CE_SOURCE_DOWNLOAD;
	job->readable = have > 0;
	job->opened = true;
	if (have > 0 && have == job->pkg->size) {
		ce_stream_init(&job->stream, fd, have, CE_STREAM_COMPLETE);
		return 0;
	}
	ce_stream_init(&job->stream, fd, have, CE_STREAM_GROWING);
	return add_transfer(job, have, err);
}

/* Reads another program's archive in place, if there is one, or copies what it has unpacked. */
static bool open_external(struct ce_job *job)
{
	const struct ce_fetch_options *o = job->run->o;
	uint64_t size = 0;
	int fd;

	free(CE_TAKE(job->archive));
	free(CE_TAKE(job->why));
	fd = ce_external_open(job->pkg, o, &job->external_at, &job->archive, &size);
	if (fd >= 0) {
		job->source = CE_SOURCE_EXTERNAL_ARCHIVE;
		ce_stream_init(&job->stream, fd, size, CE_STREAM_COMPLETE);
		job->opened = true;
		job->readable = true;
		return true;
	}
	if (o->check == CE_FETCH_AGAIN) /* the lock has no word on what is unpacked */
		return false;
	job->archive = ce_external_unpacked(job->pkg, o, &job->trusted_at);
	if (!job->archive)
		return false;
	job->source = CE_SOURCE_EXTERNAL_DIR;
	job->readable = true;
	return true;
}

bool ce_job_may_keep(const struct ce_job *job, int code)
{
	return job->run->o->check == CE_FETCH_AGAIN &&
	       (code == CCENV_ENET || code == CCENV_EOFFLINE || code == CCENV_ENOTFOUND) &&
	       ce_entry_exists(job->dir);
}

int ce_job_open(struct ce_job *job, struct ccenv_error *err)
{
	char *path = ce_url_file_path(job->pkg->url);
	int r;

	if (path)
		r = open_local(job, path, err);
	else
		r = open_external(job) ? 0 : open_part(job, err);
	return r < 0 ? ce_context(err, r, "%s", job->pkg->fn) : 0;
}

int ce_job_refetch(struct ce_job *job, struct ccenv_error *err)
{
	uint64_t ignored;
	int fd;

	if (job->opened)
		ce_stream_release(&job->stream);
	job->opened = false;
	if (ce_job_is_external(job))
		return open_external(job) ? 0 : open_part(job, err);
	/* A resumed one is asked for at the same place once more: it may be the older part that is
	 * wrong. */
	if (job->source == CE_SOURCE_DOWNLOAD && job->more_places) {
		ce_log(job->run->o->events, CCENV_LOG_WARNING,
			"%s arrived damaged; trying the next mirror", job->pkg->fn);
		job->place++;
	}
	fd = open_part_file(job, &ignored, err);
	if (fd < 0)
		return fd;
	if (ftruncate(fd, 0) < 0) {
		close(fd);
		return ce_fail_errno(err, errno, "cannot write %s", job->archive);
	}
	ce_stream_init(&job->stream, fd, 0, CE_STREAM_GROWING);
	job->source = CE_SOURCE_DOWNLOAD;
	job->opened = true;
	job->readable = false;
	return add_transfer(job, 0, err);
}

void ce_job_close(struct ce_job *job)
{
	if (job->opened)
		ce_stream_release(&job->stream);
	job->opened = false;
	ce_fs_unlock(job->lock);
	job->lock = NULL;
	free(CE_TAKE(job->archive));
	free(CE_TAKE(job->why));
	free(CE_TAKE(job->lost));
}
