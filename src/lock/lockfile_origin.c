/* SPDX-License-Identifier: MIT */
/* Where the packages of a lock come from. */
#include "lock/lockfile_origin.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"
#include "base/strs.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "model/lockfile.h"
#include "model/pkg.h"

static bool url_is_clean(const char *url)
{
	if (!ce_has_prefix(url, "https://") && !ce_has_prefix(url, "http://") &&
		!ce_has_prefix(url, "file:///"))
		return false;
	if (!ce_url_is_supported(url))
		return false;
	for (const char *p = url; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c))
			return false;
	}
	return true;
}

/* May a channel's packages be there? An index must not send us to plain http or to local files. */
static bool base_is_allowed(const char *channel, const char *base)
{
	if (ce_has_prefix(base, "https://"))
		return true;
	return ce_has_prefix(base, "http://") ? !ce_has_prefix(channel, "https://")
					      : ce_has_prefix(channel, "file://");
}

static int check_env(const struct ce_lockfile_env *env, struct ccenv_error *err)
{
	for (size_t i = 0; i < env->n_channels; i++)
		if (!url_is_clean(env->channels[i]))
			return ce_fail(err, CCENV_EDATA,
				"channels: \"%s\" is not an https, http or file URL",
				env->channels[i]);
	for (size_t i = 0; i < env->n_bases; i++) {
		const struct ce_base_url *b = &env->bases[i];

		if (!url_is_clean(b->url))
			return ce_fail(err, CCENV_EDATA,
				"base-urls: \"%s\" is not an https, http or file URL", b->url);
		if (!base_is_allowed(b->channel, b->url))
			return ce_fail(err, CCENV_EDATA,
				"base-urls: %s is not allowed for the packages of %s", b->url,
				b->channel);
	}
	return 0;
}

/* A lock of an older ccenv may name channels with credentials; packages never do. */
static bool is_channel(const struct ce_lockfile_env *env, const char *channel)
{
	for (size_t i = 0; i < env->n_channels; i++) {
		CE_AUTOFREE char *plain = NULL;

		if (strcmp(env->channels[i], channel) == 0)
			return true;
		plain = ce_url_strip_credentials(env->channels[i]);
		if (strcmp(plain, channel) == 0)
			return true;
	}
	return false;
}

/* Is the URL `dir`, a slash, and the file's name? */
static bool is_in(const struct ce_pkg *p, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(p->url, dir, n) == 0 && p->url[n] == '/' &&
	       strcmp(p->url + n + 1, p->fn) == 0;
}

static int check_pkg(
	const struct ce_lockfile_env *env, const struct ce_pkg *p, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_asprintf("%s/%s", p->channel, p->subdir);

	if (!is_channel(env, p->channel))
		return ce_fail(err, CCENV_EDATA,
			"%s comes from %s, which is not a channel of environment \"%s\"", p->url,
			p->channel, env->name);
	if (is_in(p, dir))
		return 0;
	for (size_t i = 0; i < env->n_bases; i++)
		if (strcmp(env->bases[i].channel, p->channel) == 0 && is_in(p, env->bases[i].url))
			return 0;
	return ce_fail(
		err, CCENV_EDATA, "%s does not lie below its channel, %s", p->url, p->channel);
}

/* Entries of the cache are named after the sha256: one could call a package by another's name. */
static int check_digests(const struct ce_lockfile *lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map by_digest = {0};

	for (size_t i = 0; i < lock->n_pkgs; i++) {
		const struct ce_pkg *p = &lock->pkgs[i], *other;

		if (!p->sha256)
			return ce_fail(err, CCENV_EDATA,
				"%s has no sha256, and nothing else proves that a download is the locked package; have the channel indexed again with sha256, or take the package from another channel",
				p->url);
		other = ce_map_get(&by_digest, p->sha256);
		if (other && (strcmp(other->name, p->name) != 0 ||
				     strcmp(other->version, p->version) != 0 ||
				     strcmp(other->build, p->build) != 0))
			return ce_fail(err, CCENV_EDATA, "%s and %s have the same sha256",
				other->fn, p->fn);
		ce_map_set(&by_digest, p->sha256, (void *)p);
	}
	return 0;
}

int ce_lockfile_check_origins(const struct ce_lockfile *lock, struct ccenv_error *err)
{
	int r = check_digests(lock, err);

	if (r < 0)
		return r;
	for (size_t e = 0; e < lock->n_envs; e++) {
		const struct ce_lockfile_env *env = &lock->envs[e];

		r = check_env(env, err);
		if (r < 0)
			return ce_context(err, r, "environments: %s", env->name);
		for (size_t k = 0; k < ce_lockfile_sets(env); k++) {
			const struct ce_lockfile_platform *p = ce_lockfile_set_at(env, k);

			for (size_t i = 0; i < p->n_pkgs; i++) {
				r = check_pkg(env, p->pkgs[i], err);
				if (r < 0)
					return r;
			}
		}
	}
	return 0;
}
