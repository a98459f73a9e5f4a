/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ARCHIVE_TAR_H
#define CE_IO_ARCHIVE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct archive;
struct archive_entry;
struct ccenv_error;

/*
 * The bound of what libarchive may keep in memory for one header of a tar: its names, its map of holes. All
 * that it reads passes a callback of ours, which counts.
 */
struct ce_tar_header {
	bool in_header;
	uint64_t bytes;
};

/* archive_read_next_header() within the bound; its answer. */
int ce_tar_next_header(struct archive *a, struct ce_tar_header *h, struct archive_entry **ret);
/* For the callback: `n` bytes more were read. False above the bound: the read has to fail. */
bool ce_tar_header_count(struct ce_tar_header *h, size_t n);

/*
 * Plain tars of plain files, over libarchive: what a bundle is. Written, they have the same bytes for the
 * same files: no owner, no time, mode 0644. Read, they are not trusted: what is not a file is refused, and
 * names are handed on as they are.
 */
struct ce_tar_writer;

/* Writes to the descriptor, which stays the caller's. */
CE_MUST_CHECK int ce_tar_writer_new(int fd, struct ce_tar_writer **ret, struct ccenv_error *err);
void ce_tar_writer_free(struct ce_tar_writer *w); /* the tar is then incomplete */
CE_DEFINE_FREEP(struct ce_tar_writer, ce_tar_writer_free, ce_tar_writer_freep)
/* A file of `size` bytes; its data follow, in any number of calls. */
CE_MUST_CHECK int ce_tar_begin(
	struct ce_tar_writer *w, const char *path, uint64_t size, struct ccenv_error *err);
CE_MUST_CHECK int ce_tar_data(
	struct ce_tar_writer *w, const void *data, size_t len, struct ccenv_error *err);
/* The end of the tar. */
CE_MUST_CHECK int ce_tar_finish(struct ce_tar_writer *w, struct ccenv_error *err);

struct ce_tar_reader {
	void *user;
	/* A file begins. 1: its data are wanted, 0: they are not, negative: *err is filled. */
	int (*begin)(void *user, const char *path, uint64_t size, struct ccenv_error *err);
	int (*data)(void *user, const void *data, size_t len, struct ccenv_error *err);
	int (*end)(void *user, struct ccenv_error *err); /* of a file that was wanted */
};

/* Reads all of it. CCENV_EDATA for what is no tar, or cut off. */
CE_MUST_CHECK int ce_tar_read(
	const char *path, const struct ce_tar_reader *r, struct ccenv_error *err);

#endif
