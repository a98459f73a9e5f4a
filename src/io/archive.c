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
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "io/archive_tar.h"
#include "io/archive_tree.h"

enum {
	METADATA_BYTES_MAX = 64 << 10,
	DIR_BYTES = 4096,       /* what a directory takes on a disk */
	SKIPPED_MAX = 64 << 20, /* bytes of a zip that belong to no package */
	TARGET_BYTES_MAX = 4095
};

static const int64_t year_1980 = 315532800;

struct unpack {
	const struct ce_archive_unpack *u;
	struct ce_tree *tree;
	uint64_t bytes, entries, skipped;
	int read_failed; /* code of a failed u->read(); then *err is filled */
	struct ccenv_error *err;
	struct archive *zip;    /* NULL for a .tar.bz2 */
	struct archive *packed; /* the compressed tar that is being read */
	uint64_t plain;         /* bytes of it, of all tars */
	struct ce_tar_header header;
	char head[CE_ARCHIVE_HEAD];
	size_t n_head;
};

static const char zip_magic[] = "PK\3\4", bz2_magic[] = "BZh";

static bool begins_with(const char *head, size_t n, const char *magic)
{
	return n >= strlen(magic) && memcmp(head, magic, strlen(magic)) == 0;
}

const char *ce_archive_describe(const void *head, size_t len)
{
	static const struct {
		const char *magic, *what;
	} kinds[] = {
		{"\x1f\x8b", "a gzip file"},
		{"\xfd"
		 "7zXZ",
			"an xz file"},
		{"\x28\xb5\x2f\xfd", "a zstd file"},
		{"PK", "an incomplete zip file"},
		{"<", "an HTML or XML page"},
		{"{", "JSON"},
		{"\x7f"
		 "ELF",
			"a program"},
	};

	if (len == 0)
		return "empty";
	if (begins_with(head, len, zip_magic) || begins_with(head, len, bz2_magic))
		return NULL;
	for (size_t i = 0; i < CE_COUNT(kinds); i++)
		if (begins_with(head, len, kinds[i].magic))
			return kinds[i].what;
	return NULL;
}

static void keep_head(struct unpack *x, const void *data, size_t len)
{
	size_t n = sizeof(x->head) - x->n_head;

	n = n < len ? n : len;
	if (n > 0)
		memcpy(x->head + x->n_head, data, n);
	x->n_head += n;
}

/* The bytes that tell what the file is, where libarchive gave up before it had seen them. */
static int fill_head(struct unpack *x)
{
	const void *data;
	size_t len = 1;

	while (x->n_head < sizeof(x->head) && len > 0) {
		int r = x->u->read(x->u->user, &data, &len, x->err);

		if (r < 0)
			return r;
		keep_head(x, data, len);
	}
	return 0;
}

/* What the name promises is what the file is: no other program looks inside to find out. */
static int check_head(struct unpack *x)
{
	int r = fill_head(x);
	bool conda = x->u->format == CE_ARCHIVE_CONDA;
	const char *what;

	if (r < 0)
		return r;
	what = ce_archive_describe(x->head, x->n_head);
	if (begins_with(x->head, x->n_head, conda ? zip_magic : bz2_magic))
		return 0;
	if (begins_with(x->head, x->n_head, conda ? bz2_magic : zip_magic))
		what = conda ? "a bzip2 file, as a .tar.bz2 is" : "a zip file, as a .conda is";
	return ce_fail(x->err, CCENV_EDATA, "the file is %s, not %s",
		what ? what : "of an unknown kind",
		conda ? "a .conda archive" : "a .tar.bz2 archive");
}

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
	int r;

	if (x->read_failed < 0)
		return x->read_failed;
	r = check_head(x);
	if (r < 0)
		return r;
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
	keep_head(x, *ret_data, len);
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

/*
 * The tar itself, inflated. All that libarchive reads of it passes here, so here is the bound of what
 * it may keep in memory for one header, and of what it may skip.
 */
static la_ssize_t read_plain(struct archive *a, void *user, const void **ret_data)
{
	struct unpack *x = user;
	size_t len = 0;
	la_int64_t offset;
	int r;

	do
		r = archive_read_data_block(x->packed, ret_data, &len, &offset);
	while (r == ARCHIVE_OK && len == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN) {
		archive_set_error(a, EIO, "%s", archive_error_string(x->packed));
		return -1;
	}
	x->plain += len;
	if (!ce_tar_header_count(&x->header, len) || x->plain / 2 > x->u->max_bytes) {
		archive_set_error(a, EIO, "it has too much that is no file");
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
	if (raw[0] == '/' || !ce_path_is_safe(path)) {
		CE_AUTOFREE char *shown = ce_printable(raw, false);

		return ce_fail(err, CCENV_EDATA, "unsafe path \"%.200s\" in the archive", shown);
	}
	*ret = CE_TAKE(path);
	return 0;
}

static int fail_size(const struct unpack *x)
{
	return ce_fail(x->err, CCENV_EDATA, "the archive unpacks to more than %llu bytes: refused",
		(unsigned long long)x->u->max_bytes);
}

/* What an entry costs, whatever its size in the archive. */
static int check_limits(const struct unpack *x)
{
	uint64_t dirs = ce_tree_n_dirs(x->tree);

	if (x->entries + dirs > x->u->max_entries)
		return ce_fail(x->err, CCENV_EDATA,
			"the archive has more than %llu entries: refused",
			(unsigned long long)x->u->max_entries);
	return x->bytes + dirs * DIR_BYTES > x->u->max_bytes ? fail_size(x) : 0;
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
			return fail_size(x);
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
	/* The time is part of the package: compiled Python files carry that of their source. */
	struct timespec mtime = {
		.tv_sec = archive_entry_mtime(e), .tv_nsec = archive_entry_mtime_nsec(e)};
	struct ce_written *written = ce_arena_alloc(x->u->arena, sizeof(*written));
	uint64_t size = 0;
	int r;

	out->executable = archive_entry_perm(e) & 0111;
	r = ce_tree_begin(x->tree, out->path, out->executable, x->err);
	if (r < 0)
		return r;
	r = copy_data(x, tar, &size);
	if (r < 0)
		return r;
	if (mtime.tv_sec < year_1980)
		mtime = (struct timespec){.tv_sec = year_1980};
	out->kind = CE_ARCHIVE_FILE;
	out->size = size;
	out->written = written;
	return ce_tree_end(x->tree, size, mtime, written, x->err);
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

/* A second name for a file that came before in the archive. */
static int put_hardlink(struct unpack *x, const char *raw, struct ce_archive_entry *out)
{
	CE_AUTOFREE char *from = NULL;
	struct ce_written *written = ce_arena_alloc(x->u->arena, sizeof(*written));
	int r = clean_path(raw, &from, x->err);

	if (r < 0)
		return r;
	r = ce_tree_hardlink(x->tree, out->path, from ? from : ".", written, x->err);
	if (r < 0)
		return r;
	/* Some file systems have no hard links, and it is read to be hashed. */
	x->bytes += written->size;
	out->kind = CE_ARCHIVE_FILE;
	out->size = written->size;
	out->executable = written->executable;
	out->written = written;
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

static int put(struct unpack *x, struct archive *tar, struct archive_entry *e,
	struct ce_archive_entry *out)
{
	const char *hardlink = archive_entry_hardlink(e);
	mode_t type = archive_entry_filetype(e);
	int r = check_info(
		x, out->path, hardlink || type == AE_IFREG, !hardlink && type == AE_IFDIR);

	if (r < 0)
		return r;
	if (hardlink)
		return put_hardlink(x, hardlink, out);
	if (type == AE_IFREG)
		return put_file(x, tar, e, out);
	if (type == AE_IFLNK)
		return put_symlink(x, e, out);
	if (type != AE_IFDIR)
		return ce_fail(x->err, CCENV_EDATA,
			"\"%.200s\" in the archive is neither a file, a link nor a directory",
			out->path);
	out->kind = CE_ARCHIVE_DIR;
	return ce_tree_dir(x->tree, out->path, x->err);
}

static int put_entry(struct unpack *x, struct archive *tar, struct archive_entry *e)
{
	CE_AUTOFREE char *path = NULL;
	struct ce_archive_entry out = {0};
	int r;

	x->entries++;
	r = check_limits(x);
	if (r < 0)
		return r;
	r = clean_path(archive_entry_pathname(e), &path, x->err);
	if (r < 0 || !path)
		return r;
	out.path = path;
	r = put(x, tar, e, &out);
	if (r < 0)
		return r;
	r = check_limits(x);
	if (r < 0 || !x->u->entry)
		return r;
	return x->u->entry(x->u->user, &out, x->err);
}

/* Reads one tar to its end, from the compressed file that x->packed has opened. */
static int unpack_tar(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *tar = archive_read_new();
	struct archive_entry *e;
	int r = archive_read_next_header(x->packed, &e);

	if (r != ARCHIVE_EOF && r < ARCHIVE_WARN)
		return fail_archive(x, x->packed, x->err);
	archive_read_support_format_tar(tar);
	if (archive_read_open(tar, x, NULL, read_plain, NULL) < ARCHIVE_WARN)
		return fail_archive(x, tar, x->err);
	while ((r = ce_tar_next_header(tar, &x->header, &e)) != ARCHIVE_EOF) {
		/* A warning is about a field of the header; a name that could not be converted is
		 * caught below. */
		if (r < ARCHIVE_WARN)
			return fail_archive(x, tar, x->err);
		r = put_entry(x, tar, e);
		if (r < 0)
			return r;
		if (archive_read_data_skip(tar) < ARCHIVE_WARN)
			return fail_archive(x, tar, x->err);
	}
	return 0;
}

static int unpack_member(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *packed = archive_read_new();

	archive_read_support_filter_zstd(packed);
	archive_read_support_format_raw(packed);
	if (archive_read_open(packed, x, NULL, read_member, NULL) < ARCHIVE_WARN)
		return fail_archive(x, packed, x->err);
	x->packed = packed;
	return unpack_tar(x);
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

	while (!text.overflow &&
		(r = archive_read_data_block(x->zip, &data, &len, &offset)) == ARCHIVE_OK)
		ce_buf_add(&text, data, len);
	if (text.overflow)
		return ce_fail(x->err, CCENV_EDATA, "metadata.json is too long");
	if (r != ARCHIVE_EOF)
		return fail_archive(x, x->zip, x->err);
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

/* Reads what is left of a member: inflating it may cost a thousand times its size. */
static int skip_rest(struct unpack *x)
{
	const void *data;
	size_t len;
	la_int64_t offset;
	int r;

	while ((r = archive_read_data_block(x->zip, &data, &len, &offset)) == ARCHIVE_OK) {
		x->skipped += len;
		if (x->skipped > SKIPPED_MAX)
			return ce_fail(x->err, CCENV_EDATA,
				"the archive has more than %d bytes that belong to no package: refused",
				SKIPPED_MAX);
	}
	return r == ARCHIVE_EOF ? 0 : fail_archive(x, x->zip, x->err);
}

/* The tars of a .conda, and whether they came. */
enum member {
	INFO,
	PKG,
	N_MEMBERS
};
static const char *const prefixes[N_MEMBERS] = {[INFO] = "info-", [PKG] = "pkg-"};

/* Which tar this member is; N_MEMBERS for none. */
static enum member find_member(const char *name)
{
	for (enum member i = 0; i < N_MEMBERS; i++)
		if (ce_has_prefix(name, prefixes[i]) && ce_has_suffix(name, ".tar.zst"))
			return i;
	return N_MEMBERS;
}

/* Other programs find members by the zip's directory, which is not read here: with one of each,
 * they and ccenv unpack the same. */
static int check_member(
	const struct unpack *x, const char *name, enum member member, const bool seen[N_MEMBERS])
{
	CE_AUTOFREE char *expected =
		ce_asprintf("%s%s.tar.zst", prefixes[member], x->u->stem ? x->u->stem : "");

	if (x->u->stem && strcmp(name, expected) != 0)
		return ce_fail(x->err, CCENV_EDATA,
			"the archive has a member \"%.200s\" where \"%.200s\" is expected", name,
			expected);
	if (seen[member])
		return ce_fail(x->err, CCENV_EDATA, "the archive has more than one %s*.tar.zst",
			prefixes[member]);
	return 0;
}

static int read_zip_member(struct unpack *x, const char *name, bool seen[N_MEMBERS])
{
	enum member member = find_member(name);
	int r = 0;

	if (strcmp(name, "metadata.json") == 0) {
		r = check_metadata(x);
	} else if (member != N_MEMBERS) {
		r = check_member(x, name, member, seen);
		if (r < 0)
			return r;
		seen[member] = true;
		r = unpack_member(x);
	}
	return r < 0 ? r : skip_rest(x);
}

static int unpack_conda(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *zip = archive_read_new();
	bool seen[N_MEMBERS] = {false};
	struct archive_entry *e;
	int r;

	x->zip = zip;
	archive_read_support_format_zip_streamable(zip);
	/* The caller checks the sha256 of the archive: a CRC of the members tells nothing
	 * more.
	 */
	(void)archive_read_set_format_option(zip, "zip", "ignorecrc32", "1");
	if (archive_read_open(zip, x, NULL, read_source, NULL) < ARCHIVE_WARN)
		return fail_archive(x, zip, x->err);
	while ((r = archive_read_next_header(zip, &e)) != ARCHIVE_EOF) {
		const char *name = r < ARCHIVE_WARN ? NULL : archive_entry_pathname(e);

		if (r < ARCHIVE_WARN)
			return fail_archive(x, zip, x->err);
		if (!name)
			return ce_fail(x->err, CCENV_EDATA, "a member's name cannot be read");
		r = read_zip_member(x, name, seen);
		if (r < 0)
			return r;
	}
	r = check_head(x);
	if (r < 0)
		return r;
	for (enum member i = 0; i < N_MEMBERS; i++)
		if (!seen[i])
			return ce_fail(x->err, CCENV_EDATA,
				"the archive has no %s*.tar.zst: not a conda package", prefixes[i]);
	return 0;
}

static int unpack_tar_bz2(struct unpack *x)
{
	CE_CLEANUP(archive_freep) struct archive *packed = archive_read_new();
	int r;

	archive_read_support_filter_bzip2(packed);
	archive_read_support_format_raw(packed);
	if (archive_read_open(packed, x, NULL, read_source, NULL) < ARCHIVE_WARN)
		return fail_archive(x, packed, x->err);
	/* To find the filter, its first bytes were read. */
	r = check_head(x);
	if (r < 0)
		return r;
	x->packed = packed;
	return unpack_tar(x);
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
