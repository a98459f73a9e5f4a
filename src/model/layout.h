/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_LAYOUT_H
#define CE_MODEL_LAYOUT_H

/*
 * Where things are in the root of a build tree (default <build>/_ccenv). Pure path functions:
 * nothing here looks at the disk. Each result is malloc'ed. The cache's are in cache/layout.h.
 *
 * - env/<subdir>-<lock12>/: the conda prefix, immutable; lock12 is the first 12 hex digits of the
 *   content's hash
 * - host/<subdir>-<lock12>/: the same of the machine that a target is for; its tools are in env/
 * - view/<target>-<lock12>/: looks like /usr/local/cuda; view/<target> is a link to it
 * - toolchain/, pkgconfig/, make/, meson/, ide/: what the emitters write
 * - stamp.json, stamp-<target>.json: what is installed here, for build systems; the last thing that the
 *   emitters write. The one without a name is of what the machine builds for itself
 * - installed, installed-<target>: what it was all made from, to see that nothing is to be done
 *   (api/uptodate.h)
 */
char *ce_layout_env(const char *root, const char *platform, const char *content_hash);
char *ce_layout_host(const char *root, const char *platform, const char *content_hash);
/*
 * The view is named after its content like the env, so that a new lock changes the path of nvcc and
 * headers and with it every command line: build tools then rebuild what the old toolkit made.
 * view/<target> is a link to the current one.
 */
char *ce_layout_view(const char *root, const char *label, const char *content_hash);
char *ce_layout_view_link(const char *root, const char *label);
/* `label` is a target's (model/target_name.h), or NULL. */
char *ce_layout_stamp(const char *root, const char *label);
char *ce_layout_installed(const char *root, const char *label);

#endif
