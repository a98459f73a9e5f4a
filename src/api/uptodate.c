/* SPDX-License-Identifier: MIT */
/* Is there nothing to do? See uptodate.h. */
#include "api/uptodate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "model/layout.h"
#include "model/manifest.h"
#include "model/platform.h"

enum {
	BYTES_MAX = 128 << 20
};

/* The hash of the sources; see cmake/CcenvSourceId.cmake. */
extern const char ce_source_id[];

/* "<what> <sha256> <path>\n": enough to see a change, and no secret of a channel's URL is kept. */
static void add_hash(
	struct ce_buf *out, const char *what, const struct ce_buf *text, const char *path)
{
	char hash[CE_SHA256_HEX + 1];

	ce_sha256_bytes(ce_buf_str(text), text->len, hash);
	ce_buf_addf(out, "%s %s %s\n", what, hash, path);
}

/* All that decides what an install does. Nothing here is parsed again: it is compared. */
static void add_key(struct ccenv *c, const struct ccenv_install_options *o, const char *label,
	const struct ce_buf *lock_text, struct ce_buf *out)
{
	/* Channels given on the command line may be relative. */
	CE_AUTOFREE char *here = c->manifest_path ? NULL : ce_path_absolute(".");

	ce_buf_addf(out, "ccenv installed 3\nsources %s\nroot %s\n", ce_source_id, c->root);
	ce_buf_addf(out, "environment %s\nplatform %s\ntarget %s\ncheck %s\n",
		o->of.environment ? o->of.environment : "default",
		o->of.platform ? o->of.platform : ce_platform_host(), label ? label : "-",
		o->mode == CCENV_LOCK_FROZEN ? "none" : "manifest");
	add_hash(out, c->manifest_path ? "manifest" : "options", &c->manifest_text,
		c->manifest_path ? c->manifest_path : here);
	add_hash(out, "lock", lock_text, c->lock_path);
}

/* The line for a file or link: "<size> <seconds> <nanoseconds> <path>". */
static bool add_thing(struct ce_buf *out, const char *root, const char *rel)
{
	CE_AUTOFREE char *path = ce_path_join(root, rel);
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	ce_buf_addf(out, "%lld %lld %ld %s\n", (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		(long)st.st_mtim.tv_nsec, rel);
	return true;
}

/* Calls add_thing() for each line of `text`, skipping `words` words of it. */
static bool add_things(struct ce_buf *out, const char *root, const char *text, int words)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		CE_AUTOFREE char *line = ce_strndup(text, n);
		char *rel = line;

		for (int i = 0; i < words; i++) {
			rel += strcspn(rel, " ");
			rel += *rel == ' ';
		}
		if (!add_thing(out, root, rel))
			return false;
		text += n + (text[n] == '\n');
	}
	return true;
}

/* "prefix <path>\npackages <n>\n", then the things. `at` is moved behind the two. */
static bool take_result(const char **at, char **ret_prefix, size_t *ret_n)
{
	static const char prefix[] = "prefix ", packages[] = "\npackages ";
	const char *begin = *at + strlen(prefix), *end;
	char *rest;

	if (strncmp(*at, prefix, strlen(prefix)) != 0)
		return false;
	end = begin + strcspn(begin, "\n");
	if (strncmp(end, packages, strlen(packages)) != 0)
		return false;
	*ret_n = (size_t)strtoull(end + strlen(packages), &rest, 10);
	if (*rest != '\n')
		return false;
	*ret_prefix = ce_strndup(begin, (size_t)(end - begin));
	*at = rest + 1;
	return true;
}

/* Is everything as the list says? The list that would be written now must be the same text. */
static bool is_unchanged(const char *root, const char *list)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf now = {0};

	return add_things(&now, root, list, 3) && strcmp(ce_buf_str(&now), list) == 0;
}

bool ce_is_up_to_date(struct ccenv *c, const struct ccenv_install_options *o, const char *label,
	struct ccenv_install_result *ret)
{
	CE_AUTOFREE char *path = ce_layout_installed(c->root, label);
	CE_CLEANUP(ce_buf_release) struct ce_buf was = {0}, key = {0}, lock_text = {0};
	CE_AUTOFREE char *prefix = NULL;
	struct ccenv_error ignored;
	const char *at;
	size_t n;

	if (o->repair || o->prefix || ce_fs_read(path, BYTES_MAX, &was, &ignored) < 0 ||
		ce_fs_read(c->lock_path, BYTES_MAX, &lock_text, &ignored) < 0)
		return false;
	add_key(c, o, label, &lock_text, &key);
	if (was.len < key.len || memcmp(was.data, key.data, key.len) != 0)
		return false;
	at = was.data + key.len;
	if (!take_result(&at, &prefix, &n) || !is_unchanged(c->root, at))
		return false;
	ret->prefix = CE_TAKE(prefix);
	ret->root = ce_strdup(c->root);
	ret->n_packages = n;
	ce_log(&c->events, CCENV_LOG_INFO, "nothing has changed since %s was installed", c->root);
	return true;
}

int ce_uptodate_invalidate(const struct ccenv *c, const char *label, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_layout_installed(c->root, label);

	if (unlink(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", path);
	return 0;
}

/* Does what is emitted depend on the GPU of this machine? */
static bool is_of_machine(const struct ccenv *c, const struct ccenv_install_options *o)
{
	const struct ce_environment *e = NULL;
	bool native = false;

	if (c->manifest)
		e = ce_manifest_environment(
			c->manifest, o->of.environment ? o->of.environment : "default");
	if (e)
		native = ce_strs_has(ce_manifest_archs(e, NULL), "native");
	/* Any target's: one that is not installed costs a second look only. */
	for (size_t i = 0; e && i < c->manifest->n_targets; i++)
		native = native ||
			 ce_strs_has(ce_manifest_archs(e, &c->manifest->targets[i]), "native");
	return native;
}

int ce_uptodate_record(struct ccenv *c, const struct ccenv_install_options *o,
	const struct ce_uptodate_result *result, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_layout_installed(c->root, result->label);
	CE_AUTOFREE char *stamp = ce_path_join(result->prefix, "conda-meta/ccenv");
	CE_AUTOFREE char *tools = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	if (result->tools_prefix)
		tools = ce_path_join(result->tools_prefix, "conda-meta/ccenv");
	add_key(c, o, result->label, result->lock_text, &text);
	if (is_of_machine(c, o))
		ce_buf_adds(&text, "machine native\n"); /* no key has this line: never up to date */
	ce_buf_addf(&text, "prefix %s\npackages %zu\n", result->prefix, result->n_packages);
	if (!add_thing(&text, c->root, stamp) || (tools && !add_thing(&text, c->root, tools)) ||
		!add_things(&text, c->root, ce_buf_str(result->made), 0) || text.len > BYTES_MAX)
		return 0;
	return ce_fs_replace(path, text.data, text.len, NULL, err);
}

bool ce_manifest_has_changed(const struct ccenv *c, const char *label)
{
	CE_AUTOFREE char *path = ce_layout_installed(c->root, label);
	CE_CLEANUP(ce_buf_release) struct ce_buf was = {0}, now = {0};
	struct ccenv_error ignored;
	const char *line;

	if (!c->manifest_path || ce_fs_read(path, BYTES_MAX, &was, &ignored) < 0)
		return false;
	line = strstr(ce_buf_str(&was), "\nmanifest ");
	if (!line)
		return false;
	/* Up to its path: a project that has been moved, or is seen by another path, has not changed. */
	add_hash(&now, "manifest", &c->manifest_text, "");
	now.data[--now.len] = '\0';
	return !ce_has_prefix(line + 1, ce_buf_str(&now));
}
