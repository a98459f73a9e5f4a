/* SPDX-License-Identifier: MIT */
/* Channel names, paths and URLs. */
#include "spec/channel.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/path.h"
#include "base/url.h"
#include "ccenv/ccenv.h"

/* conda's default channel_alias (CEP 26). */
static const char alias[] = "https://conda.anaconda.org/";

/* file:// URL of a path, with what a URL cannot hold percent-encoded. */
static const char *file_url(const char *path, struct ce_arena *a)
{
	CE_AUTOFREE char *abs = ce_path_absolute(path);
	char *url = ce_arena_alloc(a, strlen("file://") + 3 * strlen(abs) + 1), *p = url;

	p = stpcpy(p, "file://");
	for (const char *s = abs; *s; s++) {
		static const char hex[] = "0123456789ABCDEF";
		unsigned char c = (unsigned char)*s;

		if (c > 0x20 && c < 0x7f && !strchr("%?#\"<>\\^`{|}", c)) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = hex[c >> 4];
			*p++ = hex[c & 15];
		}
	}
	return url;
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

int ce_channel_url(const char *channel, const struct ce_channel_base *base, struct ce_arena *a,
	const char **ret_url, struct ccenv_error *err)
{
	CE_AUTOFREE char *joined = NULL;
	size_t n = strlen(channel);

	if (channel[0] == '~')
		return home_url(channel, base->home, a, ret_url, err);
	if (channel[0] == '/' || channel[0] == '.') {
		if (channel[0] == '.' && base->dir)
			joined = ce_path_join(base->dir, channel);
		*ret_url = file_url(joined ? joined : channel, a);
		return 0;
	}
	while (n > 0 && channel[n - 1] == '/')
		n--;
	if (strstr(channel, "://"))
		*ret_url = ce_arena_strndup(a, channel, n);
	else
		*ret_url = ce_arena_printf(a, "%s%.*s", alias, (int)n, channel);
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
	size_t n = strlen(alias);

	return strncmp(channel, alias, n) == 0 && channel[n] ? channel + n : channel;
}
