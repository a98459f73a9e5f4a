/* SPDX-License-Identifier: MIT */
/* Stored credentials: read once, then matched by host or by URL prefix. */
#include "io/credentials.h"

#include <dirent.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/url.h"

enum {
	MAX_FILE = 1 << 20,
	MAX_TOKEN = 4096,
};

struct url_token {
	char *prefix; /* URL a token is for */
	char *token;
};

/* A channel that the user wrote with credentials in it. */
struct channel {
	char *plain, *full;
};

struct ce_credentials {
	const char *(*env)(const char *);
	const struct ccenv_events *events;
	json_t *hosts; /* credentials.json, or NULL */
	struct channel *channels;
	size_t n_channels, cap_channels;
	struct url_token *tokens;
	size_t n_tokens, cap_tokens;
	char *netrc;
};

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

/* $name, or ~/rest; NULL when neither is known. The caller frees. */
static char *env_or_home(const char *(*env)(const char *), const char *name, const char *rest)
{
	const char *value = env(name);
	const char *home = env("HOME");

	if (value && *value)
		return ce_strdup(value);
	return home && *home ? ce_path_join(home, rest) : NULL;
}

static void read_hosts(struct ce_credentials *c, const char *(*env)(const char *),
	const struct ccenv_events *events)
{
	CE_AUTOFREE char *path = env_or_home(env, "RATTLER_AUTH_FILE", ".rattler/credentials.json");
	struct ccenv_error err;

	const char *named = env("RATTLER_AUTH_FILE");

	if (path && !ce_fs_exists(path) && named && *named)
		ce_log(events, CCENV_LOG_WARNING,
			"stored credentials are not used: RATTLER_AUTH_FILE: there is no %s", path);
	if (!path || !ce_fs_exists(path))
		return;
	if (ce_json_read(path, MAX_FILE, &c->hosts, &err) < 0) {
		ce_log(events, CCENV_LOG_WARNING, "stored credentials are not used: %s", err.text);
		return;
	}
	if (!json_is_object(c->hosts)) {
		ce_log(events, CCENV_LOG_WARNING,
			"stored credentials are not used: %s: expected an object", path);
		json_decref(c->hosts);
		c->hosts = NULL;
	}
}

/* "https%3A%2F%2Fapi.anaconda.org.token" -> "https://api.anaconda.org"; the caller frees. */
static char *token_file_url(const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t len = strlen(name);

	if (len <= 6 || strcmp(name + len - 6, ".token") != 0)
		return NULL;
	for (size_t i = 0; i < len - 6; i++) {
		char hex[3] = {0};
		if (name[i] == '%' && i + 2 < len - 6) {
			memcpy(hex, name + i + 1, 2);
			ce_buf_addc(&b, (char)strtol(hex, NULL, 16));
			i += 2;
		} else {
			ce_buf_addc(&b, name[i] == '+' ? ' ' : name[i]);
		}
	}
	return ce_buf_steal(&b);
}

/* "https://api.anaconda.org" -> "https://conda.anaconda.org", where the channels are; NULL when
 * there is no such word in it. The caller frees. */
static char *channels_of_api(const char *url)
{
	for (const char *p = strstr(url, "api"); p; p = strstr(p + 1, "api")) {
		bool begins = p > url && strchr("./", p[-1]);
		if (begins && (!p[3] || strchr("./", p[3])))
			return ce_asprintf("%.*sconda%s", (int)(p - url), url, p + 3);
	}
	return NULL;
}

/* Takes `url`. */
static void add_token(struct ce_credentials *c, char *url, const char *token, size_t len)
{
	CE_GROW(c->tokens, c->n_tokens, c->cap_tokens);
	c->tokens[c->n_tokens++] = (struct url_token){url, ce_strndup(token, len)};
}

static void read_token(struct ce_credentials *c, const char *dir, const char *name)
{
	CE_AUTOFREE char *url = token_file_url(name);
	CE_AUTOFREE char *path = ce_path_join(dir, name);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error err;

	if (!url || ce_fs_read(path, MAX_TOKEN, &text, &err) < 0)
		return;
	const char *token = ce_buf_str(&text);
	size_t len = strcspn(token, " \t\r\n/?#");
	if (len == 0)
		return;
	char *channels = channels_of_api(url);
	if (channels)
		add_token(c, channels, token, len);
	add_token(c, CE_TAKE(url), token, len);
}

static void read_token_dir(struct ce_credentials *c, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		read_token(c, dir, e->d_name);
	if (d)
		closedir(d);
}

static void read_tokens(struct ce_credentials *c)
{
	static const char *const places[][2] = {
		{"XDG_CONFIG_HOME", ".config"}, {"XDG_DATA_HOME", ".local/share"}};
	const char *config = c->env("BINSTAR_CONFIG_DIR");

	if (config && *config) {
		CE_AUTOFREE char *dir = ce_path_join(config, "data");
		read_token_dir(c, dir);
		return;
	}
	for (size_t i = 0; i < CE_COUNT(places); i++) {
		CE_AUTOFREE char *home = env_or_home(c->env, places[i][0], places[i][1]);
		CE_AUTOFREE char *dir = home ? ce_path_join(home, "binstar") : NULL;
		if (dir)
			read_token_dir(c, dir);
	}
}

/* Without a slash at the end. */
static char *trimmed(char *url)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		url[--len] = '\0';
	return url;
}

static void add_channel(struct ce_credentials *c, const char *channel)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(channel);

	if (strcmp(plain, channel) == 0)
		return;
	CE_GROW(c->channels, c->n_channels, c->cap_channels);
	c->channels[c->n_channels++] =
		(struct channel){trimmed(CE_TAKE(plain)), trimmed(ce_strdup(channel))};
}

struct ce_credentials *ce_credentials_new(const char *(*getenv_fn)(const char *name),
	const struct ccenv_events *events, const char *const *channels, size_t n_channels)
{
	struct ce_credentials *c = ce_calloc(1, sizeof(*c));

	c->env = getenv_fn ? getenv_fn : no_env;
	c->events = events;
	for (size_t i = 0; i < n_channels; i++)
		add_channel(c, channels[i]);
	return c;
}

void ce_credentials_load(struct ce_credentials *c)
{
	read_hosts(c, c->env, c->events);
	read_tokens(c);
	c->netrc = env_or_home(c->env, "NETRC", ".netrc");
	if (c->netrc && access(c->netrc, R_OK) != 0) {
		free(c->netrc);
		c->netrc = NULL;
	}
}

void ce_credentials_free(struct ce_credentials *c)
{
	if (!c)
		return;
	json_decref(c->hosts);
	for (size_t i = 0; i < c->n_tokens; i++) {
		free(c->tokens[i].prefix);
		free(c->tokens[i].token);
	}
	free(c->tokens);
	for (size_t i = 0; i < c->n_channels; i++) {
		free(c->channels[i].plain);
		free(c->channels[i].full);
	}
	free(c->channels);
	free(c->netrc);
	free(c);
}

/* How well does a key of credentials.json fit the host? 0 is not at all; more is better. */
static size_t host_match(const char *key, const struct ce_url *url)
{
	size_t len = strlen(key), host = ce_url_host_len(url);

	if (len == url->host_len && strncasecmp(key, url->host, len) == 0)
		return SIZE_MAX;
	if (len == host && strncasecmp(key, url->host, len) == 0)
		return SIZE_MAX - 1;
	if (strncmp(key, "*.", 2) != 0)
		return 0;
	key += 2;
	len -= 2;
	if (len == 0 || host < len || strncasecmp(key, url->host + host - len, len) != 0)
		return 0;
	return host == len || url->host[host - len - 1] == '.' ? len : 0;
}

static json_t *find_host(const struct ce_credentials *c, const struct ce_url *url)
{
	size_t best = 0;
	json_t *found = NULL, *value;
	const char *key;

	json_object_foreach (c->hosts, key, value) {
		size_t fit = host_match(key, url);
		if (fit > best) {
			best = fit;
			found = value;
		}
	}
	return found;
}

static const char *find_url_token(const struct ce_credentials *c, const char *url)
{
	for (size_t i = 0; i < c->n_tokens; i++) {
		size_t len = strlen(c->tokens[i].prefix);
		if (len == 0 || strncmp(url, c->tokens[i].prefix, len) != 0)
			continue;
		/* A whole host or directory, not just the same letters. */
		if (c->tokens[i].prefix[len - 1] == '/' || strchr("/?#", url[len]))
			return c->tokens[i].token;
	}
	return NULL;
}

/* The URL as it lies below a channel that was written with credentials; NULL when it does not. */
static char *in_channel(const struct ce_credentials *c, const char *url)
{
	for (size_t i = 0; i < c->n_channels; i++) {
		size_t len = strlen(c->channels[i].plain);
		if (strncmp(url, c->channels[i].plain, len) == 0 && url[len] == '/')
			return ce_asprintf("%s%s", c->channels[i].full, url + len);
	}
	return NULL;
}

void ce_credentials_find(const struct ce_credentials *c, const char *url, struct ce_credential *ret)
{
	struct ce_url u;

	*ret = (struct ce_credential){.url = in_channel(c, url)};
	if (ret->url)
		return;
	if (!ce_url_split(url, &u) || u.user_len || strncmp(u.path, "/t/", 3) == 0) {
		ret->url = ce_strdup(url);
		return;
	}
	json_t *host = find_host(c, &u);
	json_t *basic = json_object_get(host, "BasicHTTP");
	const char *token = json_string_value(json_object_get(host, "CondaToken"));
	ret->bearer = json_string_value(json_object_get(host, "BearerToken"));
	ret->user = json_string_value(json_object_get(basic, "username"));
	ret->password = json_string_value(json_object_get(basic, "password"));
	if (!host)
		token = find_url_token(c, url);
	if (token)
		ret->url = ce_asprintf("%.*s/t/%s%s", (int)(u.path - url), url, token, u.path);
	else
		ret->url = ce_strdup(url);
}

const char *ce_credentials_netrc(const struct ce_credentials *c)
{
	return c->netrc;
}
