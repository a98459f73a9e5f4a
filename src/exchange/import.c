/* SPDX-License-Identifier: MIT */
/* What a file is, and who reads it; see import.h. */
#include "exchange/import.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "exchange/import_parts.h"
#include "io/toml.h"
#include "io/yaml.h"

bool ce_import_kind_is_lock(enum ce_import_kind kind)
{
	return kind == CE_IMPORT_PIXI_LOCK || kind == CE_IMPORT_CONDA_LOCK ||
	       kind == CE_IMPORT_EXPLICIT;
}

/* Has the text this line? */
static bool has_line(const char *text, size_t len, const char *line)
{
	const size_t n = strlen(line);
	const char *at = text, *end = text + len;

	while ((at = memmem(at, (size_t)(end - at), line, n))) {
		if ((at == text || at[-1] == '\n') &&
			(at + n == end || at[n] == '\n' || at[n] == '\r'))
			return true;
		at += n;
	}
	return false;
}

static enum ce_import_kind kind_of_yaml(const json_t *root)
{
	if (json_object_get(root, "environments"))
		return CE_IMPORT_PIXI_LOCK;
	if (json_object_get(root, "package") || json_object_get(root, "metadata"))
		return CE_IMPORT_CONDA_LOCK;
	if (json_object_get(root, "dependencies"))
		return CE_IMPORT_ENVIRONMENT;
	return CE_IMPORT_NONE;
}

static int import_yaml(const char *text, size_t len, struct ce_import *im,
	enum ce_import_kind *ret_kind, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = NULL;
	int r = ce_yaml_parse(text, len, &root, err);

	if (r < 0)
		return r;
	*ret_kind = kind_of_yaml(root);
	switch (*ret_kind) {
	case CE_IMPORT_PIXI_LOCK:
		return ce_import_pixi_lock(root, text, len, im, err);
	case CE_IMPORT_CONDA_LOCK:
		return ce_import_conda_lock(root, im, err);
	case CE_IMPORT_ENVIRONMENT:
		return ce_import_environment(root, im, err);
	default:
		return ce_fail(err, CCENV_EDATA,
			"neither a pixi.lock, nor a conda-lock.yml, an environment.yml or an @EXPLICIT list");
	}
}

static int import_toml(const char *text, size_t len, struct ce_import *im, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = NULL;
	int r = ce_toml_parse(text, len, &root, err);

	return r < 0 ? r : ce_import_pixi_manifest(root, im, err);
}

static int import_text(const char *path, const char *text, size_t len, struct ce_import *im,
	enum ce_import_kind *ret_kind, struct ccenv_error *err)
{
	if (ce_has_suffix(path, ".toml")) {
		*ret_kind = CE_IMPORT_PIXI_MANIFEST;
		return import_toml(text, len, im, err);
	}
	if (has_line(text, len, "@EXPLICIT")) {
		*ret_kind = CE_IMPORT_EXPLICIT;
		return ce_import_explicit(text, len, im, err);
	}
	return import_yaml(text, len, im, ret_kind, err);
}

int ce_import_text(const char *path, const char *text, size_t len, struct ce_import *im,
	enum ce_import_kind *ret_kind, struct ccenv_error *err)
{
	enum ce_import_kind kind = CE_IMPORT_NONE;
	int r = import_text(path, text, len, im, &kind, err);

	if (im->lock)
		json_object_del(im->lock, "by-url"); /* needed while it is made */
	if (r < 0)
		return ce_context(err, r, "%s", path);
	if (ret_kind)
		*ret_kind = kind;
	return 0;
}
