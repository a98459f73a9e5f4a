/* SPDX-License-Identifier: MIT */
/*
 * Packages to trees. libarchive reads; writing is done by archive_tree.c, because libarchive's own
 * disk writer resolves links and sets modes by rules of its own.
 */
#include "io/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "io/archive_lazy.h"
#include "io/archive_tree.h"

enum {
	METADATA_BYTES_MAX = 64 << 10,
	TARGET_BYTES_MAX = 4095
};

static const int64_t year_1980 = 315532800;

struct unpack {
	const struct ce_archive_unpack *u;
	struct ce_tree *tree;
	uint64_t bytes, entries;
	int read_failed; /* code of a failed u->read(); then *err is filled */
	struct ccenv_error *err;
	struct archive *zip; /* NULL for a .tar.bz2 */
};

static void archive_freep(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
	*a = NULL;
}

/* Turns the failure of a libarchive call into ours: that of the source, if it was the cause. */
static int fail_archive(struct unpack *x, struct archive *a, struct ccenv_error *err)
{
	const char *text = archive_error_string(a);

	if (x->read_failed < 0)
		return x->read_failed;
	return ce_fail(
		err, CCENV_EDATA, "the archive is damaged: %s", text ? text : "no reason given");
}

static la_ssize_t read_source(struct archive *a, void *user, const void **ret_data)
{
	struct unpack *x = user;
	size_t len = 0;
	int r = x->u->read(x->u->user, ret_data, &len, x->err);

	if (r < 0) {
		x->read_failed = r;
		archive_set_error(a, EIO, "source");
		return -1;
	}
	return (la_ssize_t)len;
}

/* The tar inside a zip member. */
static la_ssize_t read_member(struct archive *a, void *user, const void **ret_data)
{
	struct unpack *x = user;
	size_t len = 0;
	la_int64_t offset;
	int r = archive_read_data_block(x->zip, ret_data, &len, &offset);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN) {
		archive_set_error(a, EIO, "%s", archive_error_string(x->zip));
		return -1;
	}
	return (la_ssize_t)len;
}

/* The path of an entry in the form used here: no leading "./", no trailing slash. NULL for the root
 * itself. */
static int clean_path(const char *raw, char **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = NULL;
	size_t n;

	if (!raw)
		return ce_fail(err, CCENV_EDATA, "an entry's name cannot be read");
	while (raw[0] == '.' && raw[1] == '/')
		raw += 2;
	path = ce_strdup(raw);
	n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		path[--n] = '\0';
	if (strcmp(path, ".") == 0 || (n == 0 && raw[0] != '/')) {
		*ret = NULL;
		return 0;
	}
	if (raw[0] == '/' || !ce_path_is_safe(path))
		return ce_fail(err, CCENV_EDATA, "unsafe path \"%.200s\" in the archive", raw);
	*ret = CE_TAKE(path);
	return 0;
}

/* The data of one file; its size is what is read, not what the header says. */
static int copy_data(struct unpack *x, struct archive *tar, uint64_t *ret_size)
{
	uint64_t size = 0;

	for (;;) {
		const void *data;
		size_t len;
		la_int64_t offset;
		int r = archive_read_data_block(tar, &data, &len, &offset);

		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return fail_archive(x, tar, x->err);
		size = (uint64_t)offset + len;
		/* Holes count too: a sparse entry must not pretend to be small. */
		if (offset < 0 || size > x->u->max_bytes - x->bytes)
			return ce_fail(x->err, CCENV_EDATA,
				"the archive unpacks to more than %llu bytes: refused",
				(unsigned long long)x->u->max_bytes);
		r = ce_tree_data(x->tree, data, len, (uint64_t)offset, x->err);
		if (r < 0)
			return r;
	}
	x->bytes += size;
	*ret_size = size;
	return 0;
}

static int put_file(struct unpack *x, struct archive *tar, struct archive_entry *e,
	struct ce_archive_entry *out)
{
	int r = ce_tree_begin(x->tree, out->path, archive_entry_perm(e) & 0111, x->err);

	if (r == 0)
		r = copy_data(x, tar, &out->size);
	if (r < 0)
		return r;
	/* The time is part of the package: compiled Python files carry that of their source. */
	out->kind = CE_ARCHIVE_FILE;
	out->mtime = archive_entry_mtime(e);
	out->mtime_nsec = (uint32_t)archive_entry_mtime_nsec(e);
	if (out->mtime < year_1980) {
		out->mtime = year_1980;
		out->mtime_nsec = 0;
	}
	return ce_tree_end(x->tree, out->size, out->mtime, out->mtime_nsec, x->err);
}

static int put_symlink(struct unpack *x, struct archive_entry *e, struct ce_archive_entry *out)
{
	const char *target = archive_entry_symlink(e);

	if (!target || !target[0] || strlen(target) > TARGET_BYTES_MAX)
		return ce_fail(x->err, CCENV_EDATA,
			"the link \"%.200s\" in the archive has no usable target", out->path);
	out->kind = CE_ARCHIVE_LINK;
	out->target = target;
	return ce_tree_link(x->tree, out->path, target, x->err);
}

/* A second name for a file that the archive brought before. */
static int put_hardlink(struct unpack *x, const char *raw, struct ce_archive_entry *out)
{
	CE_AUTOFREE char *from = NULL;
	struct stat st = {0};
	int r = clean_path(raw, &from, x->err);

	if (r == 0)
		r = ce_tree_hardlink(x->tree, out->path, from ? from : ".", &st, x->err);
	if (r < 0)
		return r;
	out->kind = CE_ARCHIVE_FILE;
	out->size = (uint64_t)st.st_size;
	out->mtime = st.st_mtim.tv_sec;
	out->mtime_nsec = (uint32_t)st.st_mtim.tv_nsec;
	return 0;
}

/*
 * info/ holds what says how the package is installed. It is a directory and its own files are
 * files: a link there would make ccenv read, as the package's word, what lies elsewhere.
 */
static int check_info(const struct unpack *x, const char *path, bool is_file, bool is_dir)
{
	bool below = ce_has_prefix(path, "info/"), child = below && !strchr(path + 5, '/');

	if (strcmp(path, "info") == 0 ? is_dir : !child || is_file || is_dir)
		return 0;
	return ce_fail(x->err, CCENV_EDATA,
		"\"%.200s\" in the archive is not a %s: the package is refused", path,
		child ? "file" : "directory");
}

static int put_entry(struct unpack *x, struct archive *tar, struct archive_entry *e)
{
	CE_AUTOFREE char *path = NULL;
	struct ce_archive_entry out = {0};
	const char *hardlink = archive_entry_hardlink(e);
	mode_t type = archive_entry_filetype(e);
	int r;

	if (++x->entries > x->u->max_entries)
		return ce_fail(x->err, CCENV_EDATA,
			"the archive has more than %llu entries: refused",
			(unsigned long long)x->u->max_entries);
	r = clean_path(archive_entry_pathname(e), &path, x->err);
	if (r < 0 || !path)
		return r;
	out.path = path;
	r = check_info(x, path, hardlink || type == AE_IFREG, !hardlink && type == AE_IFDIR);
	if (r < 0)
		return r;
	if (hardlink) {
		r = put_hardlink(x, hardlink, &out);
	} else if (type == AE_IFREG) {
		r = put_file(x, tar, e, &out);
	} else if (type == AE_IFLNK) {
		r = put_symlink(x, e, &out);
	} else if (type == AE_IFDIR) {
		out.kind = CE_ARCHIVE_DIR;
		r = ce_tree_dir(x->tree, path, x->err);
	} else {
		r = ce_fail(x->err, CCENV_EDATA,
			"\"%.200s\" in the archive is neither file, link nor directory", path);
	}
	if (r < 0 || !x->u->entry)
		return r;
	return x->u->entry(x->u->user, &out, x->err);
}

/* Reads one tar to its end. */
static int unpack_tar(struct unpack *x, struct archive *tar)
{
	struct archive_entry *e;
	int r;

	while ((r = archive_read_next_header(tar, &e)) != ARCHIVE_EOF) {
		/* A warning is about a field of the header; a name that could not be converted is
		 * caught below. */
		if (r < ARCHIVE_WARN)
			return fail_archive(x, tar, x->err);
		r = put_entry(x, tar, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int unpack_member(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *tar = archive_read_new();

	archive_read_support_filter_zstd(tar);
	archive_read_support_format_tar(tar);
	if (archive_read_open(tar, x, NULL, read_member, NULL) < ARCHIVE_WARN)
		return fail_archive(x, tar, x->err);
	return unpack_tar(x, tar);
}

/* metadata.json: only the format version matters (CEP 35). */
static int check_metadata(struct unpack *x)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {.max = METADATA_BYTES_MAX};
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	const void *data;
	size_t len;
	la_int64_t offset;
	uint64_t version = 0;
	int r;

	while ((r = archive_read_data_block(x->zip, &data, &len, &offset)) == ARCHIVE_OK)
		ce_buf_add(&text, data, len);
	if (r != ARCHIVE_EOF)
		return fail_archive(x, x->zip, x->err);
	if (text.overflow)
		return ce_fail(x->err, CCENV_EDATA, "metadata.json is too long");
	r = ce_json_parse(ce_buf_str(&text), text.len, &o, x->err);
	if (r == 0)
		r = ce_json_uint(o, "conda_pkg_format_version", &version, x->err);
	if (r < 0)
		return ce_context(x->err, r, "metadata.json");
	if (version != 2)
		return ce_fail(x->err, CCENV_EDATA,
			"the package has format %llu, not 2: a newer ccenv is needed",
			(unsigned long long)version);
	return 0;
}

static bool is_member(const char *name, const char *prefix)
{
	size_t n = strlen(name), n_prefix = strlen(prefix);

	return n > n_prefix + 8 && strncmp(name, prefix, n_prefix) == 0 &&
	       strcmp(name + n - 8, ".tar.zst") == 0;
}

static int unpack_conda(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *zip = archive_read_new();
	bool info = false, pkg = false;
	struct archive_entry *e;
	int r;

	x->zip = zip;
	archive_read_support_format_zip_streamable(zip);
	/* The sha256 of the whole is checked by the caller: a CRC of the members tells nothing
	 * more.
	 */
	(void)archive_read_set_format_option(zip, "zip", "ignorecrc32", "1");
	if (archive_read_open(zip, x, NULL, read_source, NULL) < ARCHIVE_WARN)
		return fail_archive(x, zip, x->err);
	while ((r = archive_read_next_header(zip, &e)) != ARCHIVE_EOF) {
		const char *name = r < ARCHIVE_WARN ? NULL : archive_entry_pathname(e);

		if (r < ARCHIVE_WARN)
			return fail_archive(x, zip, x->err);
		r = 0;
		if (!name)
			return ce_fail(x->err, CCENV_EDATA, "a member's name cannot be read");
		if (strcmp(name, "metadata.json") == 0) {
			r = check_metadata(x);
		} else if (is_member(name, "info-")) {
			info = true;
			r = unpack_member(x);
		} else if (is_member(name, "pkg-")) {
			pkg = true;
			r = unpack_member(x);
		}
		if (r < 0)
			return r;
	}
	if (!info || !pkg)
		return ce_fail(x->err, CCENV_EDATA,
			"the archive has no %s-*.tar.zst: not a conda package",
			info ? "pkg" : "info");
	return 0;
}

static int unpack_tar_bz2(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *tar = archive_read_new();

	archive_read_support_filter_bzip2(tar);
	archive_read_support_format_tar(tar);
	if (archive_read_open(tar, x, NULL, read_source, NULL) < ARCHIVE_WARN)
		return fail_archive(x, tar, x->err);
	return unpack_tar(x, tar);
}

int ce_archive_unpack(const struct ce_archive_unpack *u, struct ccenv_error *err)
{
	struct unpack x = {.u = u, .err = err};
	/*
	 * libarchive converts the names of pax headers to the thread's locale, and composes them
	 * when that is UTF-8. In "C" it cannot, warns, and gives the bytes as they are: what the
	 * package's own list has.
	 */
	locale_t c, old;
	int r;

	if (!ce_archive_load())
		return ce_fail(
			err, CCENV_EIO, "libarchive.so.13 cannot be loaded: install libarchive");
	c = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	if (!c)
		return ce_fail_errno(err, errno, "cannot make a locale");
	r = ce_tree_new(u->dest, u->threaded, &x.tree, err);
	if (r < 0) {
		freelocale(c);
		return r;
	}
	old = uselocale(c);
	r = u->format == CE_ARCHIVE_CONDA ? unpack_conda(&x) : unpack_tar_bz2(&x);
	uselocale(old);
	freelocale(c);
	if (r == 0)
		r = ce_tree_finish(x.tree, err);
	ce_tree_free(x.tree);
	return r;
}
