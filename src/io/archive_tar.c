/* SPDX-License-Identifier: MIT */
/* Plain tars; see archive_tar.h. */
#include "io/archive_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

enum {
	BLOCK = 1 << 18,
	ENTRIES_MAX = 200000,
	HEADER_MAX = 4 << 20 /* bytes that describe one file */
};

struct ce_tar_writer {
	struct archive *a;
};

/* What the system answered to a read or write; 0 where the failure is libarchive's own: it says EILSEQ for
 * a bad archive and EINVAL for a wrong call. Its text has no cause ("Write error"). */
static int system_errno(struct archive *a)
{
	int e = archive_errno(a);

	return e > 0 && e != EILSEQ && e != EINVAL ? e : 0;
}

static int fail_write(struct ce_tar_writer *w, struct ccenv_error *err)
{
	const char *text = archive_error_string(w->a);

	if (system_errno(w->a))
		return ce_fail_errno(err, system_errno(w->a), "cannot write the archive");
	return ce_fail(err, CCENV_EIO, "cannot write the archive: %s", text ? text : "unknown");
}

int ce_tar_writer_new(int fd, struct ce_tar_writer **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_tar_writer_freep) struct ce_tar_writer *w = ce_calloc(1, sizeof(*w));

	w->a = archive_write_new();
	if (!w->a)
		abort(); /* out of memory */
	/* ustar where it is enough: pax headers only for what is larger or longer. */
	if (archive_write_set_format_pax_restricted(w->a) != ARCHIVE_OK ||
		archive_write_set_bytes_in_last_block(w->a, 1) != ARCHIVE_OK ||
		archive_write_open_fd(w->a, fd) != ARCHIVE_OK)
		return fail_write(w, err);
	*ret = CE_TAKE(w);
	return 0;
}

void ce_tar_writer_free(struct ce_tar_writer *w)
{
	if (!w)
		return;
	/* libarchive does not close when it frees after a failed header, and its buffer is
	 * only freed by closing. */
	(void)archive_write_close(w->a);
	archive_write_free(w->a);
	free(w);
}

int ce_tar_begin(struct ce_tar_writer *w, const char *path, uint64_t size, struct ccenv_error *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		abort(); /* out of memory */
	archive_entry_set_pathname(e, path);
	archive_entry_set_size(e, (int64_t)size);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, 0, 0);
	r = archive_write_header(w->a, e);
	archive_entry_free(e);
	return r == ARCHIVE_OK ? 0 : fail_write(w, err);
}

int ce_tar_data(struct ce_tar_writer *w, const void *data, size_t len, struct ccenv_error *err)
{
	la_ssize_t n = archive_write_data(w->a, data, len);

	return n >= 0 && (size_t)n == len ? 0 : fail_write(w, err);
}

int ce_tar_finish(struct ce_tar_writer *w, struct ccenv_error *err)
{
	return archive_write_close(w->a) == ARCHIVE_OK ? 0 : fail_write(w, err);
}

/* ---- reading ---- */

int ce_tar_next_header(struct archive *a, struct ce_tar_header *h, struct archive_entry **ret)
{
	int r;

	*h = (struct ce_tar_header){.in_header = true};
	r = archive_read_next_header(a, ret);
	h->in_header = false;
	return r;
}

bool ce_tar_header_count(struct ce_tar_header *h, size_t n)
{
	h->bytes += h->in_header ? n : 0;
	return h->bytes <= HEADER_MAX;
}

struct source {
	int fd;
	struct ce_tar_header header;
	char block[BLOCK];
};

static la_ssize_t read_block(struct archive *a, void *user, const void **ret_data)
{
	struct source *s = user;
	ssize_t n;

	do
		n = read(s->fd, s->block, BLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return -1;
	}
	if (!ce_tar_header_count(&s->header, (size_t)n)) {
		archive_set_error(a, EINVAL, "it has too much that is no file");
		return -1;
	}
	*ret_data = s->block;
	return n;
}

/* Over a file that nobody wants. */
static la_int64_t skip_bytes(struct archive *a, void *user, la_int64_t n)
{
	const struct source *s = user;

	(void)a;
	return lseek(s->fd, n, SEEK_CUR) >= 0 ? n : 0;
}

static void read_freep(struct archive **a)
{
	archive_read_free(*a);
}

static int fail_read(struct archive *a, struct ccenv_error *err)
{
	const char *text = archive_error_string(a);

	if (system_errno(a))
		return ce_fail_errno(err, system_errno(a), "cannot read the archive");
	return ce_fail(
		err, CCENV_EDATA, "not a complete tar archive (%s)", text ? text : "unknown");
}

static int read_data(struct archive *a, const struct ce_tar_reader *r, struct ccenv_error *err)
{
	uint64_t at = 0;

	for (;;) {
		const void *data;
		size_t len;
		la_int64_t offset;
		int e = archive_read_data_block(a, &data, &len, &offset);

		if (e == ARCHIVE_EOF)
			return r->end(r->user, err);
		if (e != ARCHIVE_OK)
			return fail_read(a, err);
		/* A sparse file has holes; a bundle has none. */
		if ((uint64_t)offset != at)
			return ce_fail(err, CCENV_EDATA, "it has a sparse file");
		at += len;
		e = r->data(r->user, data, len, err);
		if (e < 0)
			return e;
	}
}

static int read_entries(
	struct archive *a, struct source *s, const struct ce_tar_reader *r, struct ccenv_error *err)
{
	for (size_t n = 0;; n++) {
		struct archive_entry *e;
		const char *path;
		int k = ce_tar_next_header(a, &s->header, &e);

		if (k == ARCHIVE_EOF)
			return 0;
		if (k != ARCHIVE_OK)
			return fail_read(a, err);
		path = archive_entry_pathname(e);
		if (n == ENTRIES_MAX)
			return ce_fail(err, CCENV_EDATA, "more than %d files", ENTRIES_MAX);
		if (!path || archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e))
			return ce_fail(err, CCENV_EDATA, "it has something that is not a file");
		k = r->begin(r->user, path, (uint64_t)archive_entry_size(e), err);
		if (k > 0)
			k = read_data(a, r, err);
		if (k < 0)
			return k;
		if (archive_read_data_skip(a) < ARCHIVE_WARN)
			return fail_read(a, err);
	}
}

int ce_tar_read(const char *path, const struct ce_tar_reader *r, struct ccenv_error *err)
{
	CE_CLEANUP(read_freep) struct archive *a = archive_read_new();
	CE_CLEANUP(ce_fs_closep) int fd = ce_fs_open_file(AT_FDCWD, path, 0);
	CE_AUTOFREE struct source *source = ce_calloc(1, sizeof(*source));
	int e;

	if (!a)
		abort(); /* out of memory */
	if (fd < 0 && errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file", path);
	if (fd < 0)
		return errno == EINVAL
			       ? ce_fail(err, CCENV_EIO, "cannot open %s: not a regular file", path)
			       : ce_fail_errno(err, errno, "cannot open %s", path);
	/* No other format, and no compression that could be a bomb. */
	archive_read_support_format_tar(a);
	source->fd = fd;
	if (archive_read_open2(a, source, NULL, read_block, skip_bytes, NULL) != ARCHIVE_OK)
		e = fail_read(a, err);
	else
		e = read_entries(a, source, r, err);
	return e < 0 ? ce_context(err, e, "%s", path) : 0;
}
