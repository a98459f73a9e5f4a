/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_PATH_H
#define CE_BASE_PATH_H

#include <stdbool.h>

/* Path text; nothing here looks at the file system except ce_path_absolute(), which reads the
 * working directory. */

/* "a" + "b" with one slash between; an absolute b wins. The caller frees. */
char *ce_path_join(const char *a, const char *b);
/* The last component, borrowed from `path`. */
const char *ce_path_base(const char *path);
/* Everything before the last component, "." when there is none. The caller frees. */
char *ce_path_dir(const char *path);
/* Absolute and without ".", ".." and doubled slashes (lexically). The caller frees. */
char *ce_path_absolute(const char *path);
/*
 * May this name from outside (an archive entry, paths.json) be used below a directory? True for a
 * relative path with no
 * "..", no empty component, no control character, and at most 4096 bytes.
 */
bool ce_path_is_safe(const char *path);
/* The same for one component (no slash): a file name, a package name. */
bool ce_path_is_safe_name(const char *name);

#endif
