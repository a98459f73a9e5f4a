/* SPDX-License-Identifier: MIT */
/* Files of other programs that ccenv imports. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "exchange/import.h"
#include "exchange/license.h"
#include "fuzz/fuzz.h"
#include "io/archive_tar.h"
#include "io/toml.h"
#include "io/yaml.h"
#include "lock/lockfile.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"

void fuzz_yaml(const char *data, size_t size)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL, *again = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	/* What a few aliases stand for takes minutes to write out, and that is no fault. */
	if (size > 4096 || ce_yaml_parse(data, size, &v, &err) < 0)
		return;
	ce_buf_init(&b, 1 << 20);
	ce_yaml_format(v, &b);
	if (b.overflow)
		return;
	fuzz_require(ce_yaml_parse(ce_buf_str(&b), b.len, &again, &err) >= 0,
		"YAML that was written can be read");
	fuzz_require(json_equal(v, again), "what is written as YAML reads back as the same");
}

void fuzz_toml(const char *data, size_t size)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	struct ccenv_error err;

	if (ce_toml_parse(data, size, &v, &err) >= 0)
		fuzz_require(json_is_object(v), "a TOML file is a table");
}

/* What an importer made is judged by the readers of ccenv's own files, which must not crash on it. */
static void judge(struct ce_import *im)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = NULL;
	CE_AUTOFREE char *lock_text = im->lock ? json_dumps(im->lock, JSON_COMPACT) : NULL;
	CE_AUTOFREE char *manifest_text = NULL;
	struct ccenv_error err;

	if (lock_text)
		(void)!ce_lockfile_parse(lock_text, strlen(lock_text), &lock, &err);
	if (!im->manifest && im->lock && ce_import_derive(im, NULL, &err) < 0)
		return;
	manifest_text = im->manifest ? json_dumps(im->manifest, JSON_COMPACT) : NULL;
	if (manifest_text)
		(void)!ce_manifest_parse(
			manifest_text, strlen(manifest_text), "/p/ccenv.json", &m, &err);
}

void fuzz_import(const char *data, size_t size)
{
	CE_AUTOFREE char *name = fuzz_line(&data, &size);
	CE_CLEANUP(ce_import_release) struct ce_import im = {0};
	struct ccenv_error err;

	if (size > 1 << 16)
		return;
	if (ce_import_text(name, data, size, &im, NULL, &err) >= 0)
		judge(&im);
}

void fuzz_license(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_text(data, size), *first = NULL, *second = NULL;

	first = ce_license_expression(text);
	if (!first)
		return;
	second = ce_license_expression(first);
	fuzz_require(second && strcmp(first, second) == 0,
		"a license expression in its usual form stays as it is");
}

static int bundle_begin(void *user, const char *path, uint64_t size, struct ccenv_error *err)
{
	(void)user;
	(void)err;
	return strlen(path) % 2 == 0 && size < 1 << 20;
}

static int bundle_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	(void)user;
	(void)err;
	fuzz_require(data && len > 0, "a piece of a file has bytes");
	return 0;
}

static int bundle_end(void *user, struct ccenv_error *err)
{
	(void)user;
	(void)err;
	return 0;
}

static int keep(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	(void)err;
	ce_buf_add(user, data, len);
	return 0;
}

static int want(void *user, const char *path, uint64_t size, struct ccenv_error *err)
{
	(void)user;
	(void)size;
	(void)err;
	return strcmp(path, "a") == 0;
}

/* A tar of two files that is written reads back. */
static void check_written(const char *path, const char *data, size_t size)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CE_CLEANUP(ce_tar_writer_freep) struct ce_tar_writer *w = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf back = {0};
	const struct ce_tar_reader r = {&back, want, keep, bundle_end};
	struct ccenv_error err;

	fuzz_require(ce_tar_writer_new(fd, &w, &err) >= 0 && ce_tar_begin(w, "b/c", 1, &err) >= 0 &&
			     ce_tar_data(w, "x", 1, &err) >= 0 &&
			     ce_tar_begin(w, "a", size, &err) >= 0 &&
			     ce_tar_data(w, data, size, &err) >= 0 && ce_tar_finish(w, &err) >= 0,
		"a tar can be written");
	fuzz_require(ce_tar_read(path, &r, &err) >= 0 && back.len == size &&
			     memcmp(ce_buf_str(&back), data, size) == 0,
		"a file of a tar reads back");
}

void fuzz_bundle(const char *data, size_t size)
{
	CE_AUTOFREE char *path = ce_path_join(fuzz_dir(), "b.tar");
	const struct ce_tar_reader r = {NULL, bundle_begin, bundle_data, bundle_end};
	struct ccenv_error err;

	fuzz_write(path, data, size);
	(void)!ce_tar_read(path, &r, &err);
	check_written(path, data, size);
}
