/* SPDX-License-Identifier: MIT */
/* Channel names, paths and URLs. */
#include "spec/channel.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/path.h"
#include "base/strs.h"
#include "base/url.h"
#include "ccenv/ccenv.h"

/* conda's default channel_alias (CEP 26). */
static const char alias[] = "https://conda.anaconda.org/";

static const char no_url[] =
	"this is neither the name of a channel nor a URL: a URL begins with https://, http:// or file://";

/* Percent-encodes what no URL may hold, and the characters of `also`. Memory from `a`. */
static char *escaped(
	const char *scheme, const char *text, size_t len, const char *also, struct ce_arena *a)
{
	static const char hex[] = "0123456789ABCDEF";
	char *url = ce_arena_alloc(a, strlen(scheme) + 3 * len + 1);
	char *p = stpcpy(url, scheme);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c > ' ' && c < 0x7f && !strchr("\"<>\\^`{|}", c) && !strchr(also, c)) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = hex[c >> 4];
			*p++ = hex[c & 15];
		}
	}
	return url;
}

static const char *file_url(const char *path, struct ce_arena *a)
{
	CE_AUTOFREE char *abs = ce_path_absolute(path);

	return escaped("file://", abs, strlen(abs), "%?#", a);
}

static int home_url(const char *channel, const char *home, struct ce_arena *a, const char **ret_url,
	struct ccenv_error *err)
{
	CE_AUTOFREE char *path = NULL;

	if (channel[1] && channel[1] != '/')
		return ce_fail(err, CCENV_EUSAGE,
			"channel \"%s\": only \"~/\" stands for a home directory; write the full path",
			channel);
	if (!home || home[0] != '/')
		return ce_fail(err, CCENV_EUSAGE,
			"channel \"%s\": HOME is not set; write the full path", channel);
	path = ce_asprintf("%s/%s", home, channel + 1);
	*ret_url = file_url(path, a);
	return 0;
}

/* Without what may be a password in it: a typing error in the scheme must not show it. */
static int fail_url(const char *channel, const char *why, struct ccenv_error *err)
{
	CE_AUTOFREE char *shown = ce_url_redact(channel);

	return ce_fail(err, CCENV_EUSAGE, "channel \"%s\": %s", shown, why);
}

/* "file:///x" is also "file://localhost/x" (RFC 8089); files of other hosts are out of reach. */
static int own_file_url(const char *channel, size_t len, struct ce_arena *a, const char **ret_url,
	struct ccenv_error *err)
{
	static const char local[] = "localhost";
	const char *host = channel + strlen("file://");

	if (strncasecmp(host, local, strlen(local)) == 0 && host[strlen(local)] == '/')
		host += strlen(local);
	if (*host != '/')
		return fail_url(channel, "a file URL has three slashes: file:///path", err);
	/* The root alone keeps its slash. */
	*ret_url = channel + len > host
			   ? escaped("file://", host, (size_t)(channel + len - host), "", a)
			   : "file:///";
	return 0;
}

/* A URL as it is written, its scheme in small letters. */
static int own_url(const char *channel, size_t len, struct ce_arena *a, const char **ret_url,
	struct ccenv_error *err)
{
	static const char *const schemes[] = {"https", "http", "file"};

	for (size_t i = 0; i < CE_COUNT(schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (!ce_url_has_scheme(channel, schemes[i]))
			continue;
		if (!ce_url_is_supported(channel))
			return fail_url(channel, "the URL has no host", err);
		if (strcmp(schemes[i], "file") == 0)
			return own_file_url(channel, len, a, ret_url, err);
		*ret_url = escaped(schemes[i], channel + n, len - n, "", a);
		return 0;
	}
	return fail_url(channel, "only https, http and file URLs are supported", err);
}

/*
 * Is it a URL with a typing error ("https//host/x", "http:/host/x", "user:password@host/x"), and no
 * name? A name is one to three words with slashes between them.
 */
static bool is_broken_url(const char *channel)
{
	static const char *const schemes[] = {"https/", "http/", "file/"};

	for (size_t i = 0; i < CE_COUNT(schemes); i++)
		if (strncasecmp(channel, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return strpbrk(channel, ":@?#;\\") || strstr(channel, "//");
}

int ce_channel_url(const char *channel, const struct ce_channel_base *base, struct ce_arena *a,
	const char **ret_url, struct ccenv_error *err)
{
	CE_AUTOFREE char *joined = NULL;
	size_t n = strlen(channel);

	if (channel[0] == '~')
		return home_url(channel, base->home, a, ret_url, err);
	if (ce_has_prefix(channel, "//") && strchr(channel, '@'))
		return fail_url(channel, no_url, err);
	if (channel[0] == '/' || channel[0] == '.') {
		if (channel[0] == '.' && base->dir)
			joined = ce_path_join(base->dir, channel);
		*ret_url = file_url(joined ? joined : channel, a);
		return 0;
	}
	while (n > 0 && channel[n - 1] == '/')
		n--;
	if (n == 0)
		return ce_fail(err, CCENV_EUSAGE, "the name of a channel is empty");
	if (strstr(channel, "://"))
		return own_url(channel, n, a, ret_url, err);
	if (is_broken_url(channel))
		return fail_url(channel, no_url, err);
	*ret_url = escaped(alias, channel, n, "", a);
	return 0;
}

int ce_channel_urls(struct ce_strs channels, const struct ce_channel_base *base, struct ce_arena *a,
	struct ce_strs *ret_urls, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map seen = {0};
	struct ce_strs urls = {ce_arena_array(a, channels.n + 1, sizeof(*urls.items)), 0};

	for (size_t i = 0; i < channels.n; i++) {
		CE_AUTOFREE char *plain = NULL;
		int r = ce_channel_url(channels.items[i], base, a, &urls.items[urls.n], err);

		if (r < 0)
			return r;
		plain = ce_url_strip_credentials(urls.items[urls.n]);
		urls.n += ce_map_insert(&seen, plain);
	}
	*ret_urls = urls;
	return 0;
}

const char *ce_channel_name(const char *url)
{
	const char *rest = ce_channel_without_alias(url), *slash = strrchr(url, '/');

	if (rest != url)
		return rest;
	return slash && slash[1] ? slash + 1 : url;
}

const char *ce_channel_shown(const char *channel, const char *url, struct ce_arena *a)
{
	const char *shown = ce_channel_name(channel);
	size_t n = strlen(channel);
	struct ce_url u;

	if (shown == ce_channel_without_alias(channel) || !ce_url_is_web(channel))
		shown = ce_arena_strdup(a, shown);
	else
		shown = ce_arena_strdup(a, strstr(channel, "://") + 3);
	if ((strncmp(url, channel, n) == 0 && url[n] == '/') || !ce_url_split(url, &u))
		return shown;
	return ce_arena_printf(a, "%s@%.*s", shown, (int)u.host_len, u.host);
}

const char *ce_channel_without_alias(const char *channel)
{
	const char *name = channel + strlen(alias);

	if (!ce_has_prefix(channel, alias) || !*name || strchr("~/.", *name) ||
		strpbrk(name, "*=,") || is_broken_url(name))
		return channel;
	return name;
}
