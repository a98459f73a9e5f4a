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
#include "io/url.h"

enum {
	MAX_FILE = 1 << 20,
	MAX_TOKEN = 4096,
};

struct url_token {
	char *prefix; /* URL a token is for */
	char *token;
};

struct ce_credentials {
	json_t *hosts; /* credentials.json, or NULL */
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
	CE_CLEANUP(ce_freep)
	char *path = env_or_home(env, "RATTLER_AUTH_FILE", ".rattler/credentials.json");
	struct ccenv_error err;

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

static void read_token(struct ce_credentials *c, const char *dir, const char *name)
{
	CE_CLEANUP(ce_freep) char *url = token_file_url(name);
	CE_CLEANUP(ce_freep) char *path = ce_path_join(dir, name);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error err;

	if (!url || ce_fs_read(path, MAX_TOKEN, &text, &err) < 0)
		return;
	const char *token = ce_buf_str(&text);
	size_t len = strcspn(token, " \t\r\n/?#");
	if (len == 0)
		return;
	CE_GROW(c->tokens, c->n_tokens, c->cap_tokens);
	c->tokens[c->n_tokens++] = (struct url_token){CE_TAKE(url), ce_strndup(token, len)};
}

static void read_tokens(struct ce_credentials *c, const char *(*env)(const char *))
{
	const char *config = env("BINSTAR_CONFIG_DIR");
	CE_CLEANUP(ce_freep)
	char *dir = config && *config ? ce_path_join(config, "data")
				      : env_or_home(env, "", ".local/share/binstar");
	DIR *d = dir ? opendir(dir) : NULL;
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)) != NULL)
		read_token(c, dir, e->d_name);
	closedir(d);
}

struct ce_credentials *ce_credentials_new(
	const char *(*getenv_fn)(const char *name), const struct ccenv_events *events)
{
	struct ce_credentials *c = ce_calloc(1, sizeof(*c));
	const char *(*env)(const char *) = getenv_fn ? getenv_fn : no_env;

	read_hosts(c, env, events);
	read_tokens(c, env);
	c->netrc = env_or_home(env, "NETRC", ".netrc");
	if (c->netrc && access(c->netrc, R_OK) != 0) {
		free(c->netrc);
		c->netrc = NULL;
	}
	return c;
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

void ce_credentials_find(const struct ce_credentials *c, const char *url, struct ce_credential *ret)
{
	struct ce_url u;

	*ret = (struct ce_credential){0};
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
