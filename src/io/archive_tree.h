/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ARCHIVE_TREE_H
#define CE_IO_ARCHIVE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_written;

/*
 * Writing what an archive holds below an empty directory. For io/archive.c, which has checked every
 * path.
 *
 * Every directory is one that was made here, so no path can pass through a link that the archive
 * contains. What comes later takes the place of a file or link of the same path.
 *
 * With a thread of its own, calls return before their work is done, and a failure is reported by a
 * later call or by ce_tree_finish(): reading and writing then go on side by side.
 */
struct ce_tree;

enum {
	/* Names in a path. Real packages need some twenty; what is deeper costs a small archive
	 * nothing and whoever removes the tree a lot. */
	CE_TREE_DEPTH_MAX = 64
};

CE_MUST_CHECK int ce_tree_new(
	const char *dest, bool threaded, struct ce_tree **ret, struct ccenv_error *err);
void ce_tree_free(struct ce_tree *t); /* drops what is not written yet */
CE_DEFINE_FREEP(struct ce_tree, ce_tree_free, ce_tree_freep)

/* Makes a directory and those above it; fine when it was made before. At most CE_TREE_DEPTH_MAX
 * names long. */
CE_MUST_CHECK int ce_tree_dir(struct ce_tree *t, const char *path, struct ccenv_error *err);

/* A file: begin, any number of data, end. Parents are made. */
CE_MUST_CHECK int ce_tree_begin(
	struct ce_tree *t, const char *path, bool executable, struct ccenv_error *err);
CE_MUST_CHECK int ce_tree_data(
	struct ce_tree *t, const void *data, size_t len, uint64_t offset, struct ccenv_error *err);
/*
 * `ret` may be NULL. With a thread it is filled later, at the latest when ce_tree_finish() has
 * returned. A file system that keeps no times is no failure.
 */
CE_MUST_CHECK int ce_tree_end(struct ce_tree *t, uint64_t size, struct timespec mtime,
	struct ce_written *ret, struct ccenv_error *err);

CE_MUST_CHECK int ce_tree_link(
	struct ce_tree *t, const char *path, const char *target, struct ccenv_error *err);
/* A second name for a file that exists; *ret is filled immediately. */
CE_MUST_CHECK int ce_tree_hardlink(struct ce_tree *t, const char *path, const char *from,
	struct ce_written *ret, struct ccenv_error *err);

/* CCENV_EDATA for a path that has more names than CE_TREE_DEPTH_MAX. */
CE_MUST_CHECK int ce_tree_check_depth(const char *path, struct ccenv_error *err);
/* How many directories were made, those that no entry names included. */
uint64_t ce_tree_n_dirs(const struct ce_tree *t);

/* Waits until all is written. */
CE_MUST_CHECK int ce_tree_finish(struct ce_tree *t, struct ccenv_error *err);

#endif
