/* SPDX-License-Identifier: MIT */
/* ccenv_container(), ccenv_ci(): files for containers and CI, from the manifest and the lock. */
#include <string.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/url.h"
#include "emit/emit_recipes.h"
#include "model/manifest.h"
#include "model/platform.h"

/* Debian 12, by the digest of its list of images, so that a build of tomorrow begins with the same bytes. */
static const char default_base[] =
	"debian:bookworm-slim@sha256:d5d3f9c23164ea16f31852f95bd5959aad1c5e854332fe00f7b3a20fcc9f635c";

static const char name_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* "name:tag@sha256:<64 hex digits>": nothing in it can end a word or a line. */
static int check_base(const char *base, struct ccenv_error *err)
{
	const char *at = strstr(base, "@sha256:"), *digest = at ? at + strlen("@sha256:") : "";
	size_t n = at ? (size_t)(at - base) : 0;

	if (n > 0 && strlen(digest) == 64 && strspn(digest, "0123456789abcdef") == 64 &&
		strspn(base,
			"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-/:") == n)
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"the base image \"%s\" has no digest: name it as debian:bookworm-slim@sha256:…, which `docker buildx imagetools inspect` and `skopeo inspect` print",
		base);
}

static int check_archive(const char *url, const char *sha256, struct ccenv_error *err)
{
	if (!url && !sha256)
		return 0;
	if (!url || !sha256 || !ce_sha256_is_hex(sha256))
		return ce_fail(err, CCENV_EUSAGE,
			"an archive needs both its URL and its sha256, of 64 hex digits");
	if (strpbrk(url, "' \t\r\n\\\"$`") || strncmp(url, "https://", strlen("https://")) != 0) {
		CE_AUTOFREE char *shown = ce_url_redact(url);

		return ce_fail(err, CCENV_EUSAGE, "\"%s\": expected an https:// URL", shown);
	}
	return ce_project_check_committed_url("archive", url, err);
}

/* A project with a lock that can be built from a clean checkout. */
static int check_project(const struct ccenv *c, struct ccenv_error *err)
{
	int r = ce_project_need_manifest(c, err);

	if (r < 0)
		return r;
	if (!ce_fs_exists(c->lock_path))
		return ce_project_no_lock(c, err);
	return 0;
}

/* The name of the project if it can be that of a program. */
static const char *program_name(const struct ccenv *c)
{
	const char *name = c->manifest->name;

	return name && *name && name[strspn(name, name_chars)] == '\0' ? name : "app";
}

/* The platforms of the manifest that ccenv builds on; CCENV_EUSAGE without any. A target is built on another
 * machine than the one that it is for, which neither an image nor a runner is. */
static int check_platforms(
	const struct ccenv *c, struct ce_arena *a, struct ce_strs *ret, struct ccenv_error *err)
{
	const struct ce_manifest *m = c->manifest;

	*ret = (struct ce_strs){ce_arena_array(a, m->n_platforms + 1, sizeof(*ret->items)), 0};
	for (size_t i = 0; i < m->n_platforms; i++)
		if (strcmp(m->platforms[i], "linux-64") == 0 ||
			strcmp(m->platforms[i], "linux-aarch64") == 0)
			ret->items[ret->n++] = m->platforms[i];
	if (ret->n)
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"%s: ccenv builds on linux-64 and linux-aarch64, and \"platforms\" has neither%s",
		m->path, m->n_targets ? "; \"targets\" are built on one machine for another" : "");
}

int ccenv_container(struct ccenv *c, const struct ccenv_container_options *o, char **ret_text,
	struct ccenv_error *err)
{
	struct ce_emit_container container = {
		.base = o->base ? o->base : default_base,
		.runtime_only = o->runtime_only,
	};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_strs platforms;
	struct ce_buf b = {0};
	int r = check_project(c, err);

	if (r >= 0)
		r = check_platforms(c, &a, &platforms, err);
	if (r < 0)
		return r;
	r = check_base(container.base, err);
	if (r < 0)
		return r;
	container.program = o->program ? o->program : program_name(c);
	if (!*container.program || container.program[strspn(container.program, name_chars)])
		return ce_fail(
			err, CCENV_EUSAGE, "invalid name of a program \"%s\"", container.program);
	if (o->format == CCENV_CONTAINER_APPTAINER)
		ce_emit_apptainer(&container, &b);
	else
		ce_emit_dockerfile(&container, &b);
	*ret_text = ce_buf_steal(&b);
	return 0;
}

int ccenv_ci(
	struct ccenv *c, const struct ccenv_ci_options *o, char **ret_text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_emit_ci ci = {
		.base = o->base ? o->base : default_base,
		.url = o->url,
		.sha256 = o->sha256,
	};
	struct ce_buf b = {0};
	int r = check_project(c, err);

	if (r < 0)
		return r;
	r = check_base(ci.base, err);
	if (r < 0)
		return r;
	r = check_archive(o->url, o->sha256, err);
	if (r < 0)
		return r;
	r = check_platforms(c, &a, &ci.platforms, err);
	if (r < 0)
		return r;
	if (o->format == CCENV_CI_GITLAB)
		ce_emit_gitlab(&ci, &b);
	else
		ce_emit_github(&ci, &b);
	*ret_text = ce_buf_steal(&b);
	return 0;
}
