/* SPDX-License-Identifier: MIT */
/* file:// transfers, read piece by piece between the turns of libcurl. */
#include "io/download_transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/url.h"

enum {
	FILE_CHUNK = 256 * 1024
};

void ce_transfer_start_file(struct ce_transfer *t)
{
	CE_AUTOFREE char *path = ce_url_file_path(t->url);
	struct stat st;

	if (!path) {
		ce_transfer_fail(t, CCENV_EUSAGE, "it is not a local file",
			"write file:///absolute/path, or http:// for another host");
		ce_transfer_finish_failed(t, 0);
		return;
	}
	t->fd = ce_fs_open_file(AT_FDCWD, path, 0);
	if (t->fd < 0 || fstat(t->fd, &st) < 0) {
		bool absent = t->fd < 0 && (errno == ENOENT || errno == ENOTDIR);
		bool special = errno == EINVAL || errno == ENXIO || errno == EISDIR;
		const char *cause = special ? "it is not a regular file" : strerror(errno);
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
		if (absent && t->t.missing_ok) {
			ce_transfer_finish(t, 0, NULL, 404);
			return;
		}
		ce_transfer_fail(t, absent ? CCENV_ENOTFOUND : CCENV_EIO, cause,
			"check the path of the channel");
		ce_transfer_finish_failed(t, absent ? 404 : 0);
		return;
	}
	/* A file has no ETag, but this changes whenever the file does. */
	t->etag = ce_asprintf("\"%llx-%llx-%llx\"", (unsigned long long)st.st_size,
		(unsigned long long)st.st_mtim.tv_sec * 1000000000ULL +
			(unsigned long long)st.st_mtim.tv_nsec,
		(unsigned long long)st.st_ino);
	if (t->t.if_none_match && strcmp(t->t.if_none_match, t->etag) == 0) {
		close(t->fd);
		t->fd = -1;
		ce_transfer_finish(t, 0, NULL, 304);
		return;
	}
	if (t->from && (uint64_t)st.st_size >= t->from) {
		(void)lseek(t->fd, (off_t)t->from, SEEK_SET);
	} else if (t->from) {
		t->from = 0;
		if (ce_transfer_restart(t) < 0) {
			ce_transfer_finish_failed(t, 200);
			return;
		}
	}
	t->state = CE_TRANSFER_RUNNING;
	t->d->running++;
	t->d->files++;
}

void ce_transfer_step_file(struct ce_transfer *t)
{
	static _Thread_local char chunk[FILE_CHUNK];
	ssize_t n = read(t->fd, chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n < 0) {
		ce_transfer_fail(t, CCENV_EIO, strerror(errno), "check the disk");
		ce_transfer_finish_failed(t, 0);
	} else if (n == 0) {
		if (ce_transfer_check_length(t))
			ce_transfer_finish(t, 0, NULL, 200);
		else
			ce_transfer_finish_failed(t, 200);
	} else if (ce_transfer_deliver(t, chunk, (size_t)n) < 0) {
		ce_transfer_finish_failed(t, 200);
	}
}
