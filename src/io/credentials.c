/* SPDX-License-Identifier: MIT */
/* Stored credentials: read once, then matched by host or by URL prefix. */
#include "io/credentials.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/os.h"
#include "base/path.h"
#include "base/strs.h"
#include "base/url.h"

enum {
	MAX_FILE = 1 << 20,
	MAX_TOKEN = 4096,
};

/* An entry of credentials.json. */
struct host {
	char *key;
	char *user, *password, *token, *bearer; /* those that it has, else NULL */
};

struct url_token {
	char *prefix; /* URL a token is for */
	char *token;
};

/* A channel that the user wrote with credentials in it. */
struct channel {
	char *plain, *full; /* without a slash at the end */
	char *query;        /* "?token=…" or "" */
};

struct ce_credentials {
	const char *(*env)(const char *);
	const struct ccenv_events *events;
	struct host *hosts;
	size_t n_hosts, cap_hosts;
	struct channel *channels;
	size_t n_channels, cap_channels;
	struct url_token *tokens;
	size_t n_tokens, cap_tokens;
	char *netrc;
	bool no_core; /* this is what was set before */
	struct rlimit core;
};

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static void free_secret(char *text)
{
	if (text)
		ce_os_forget(text, strlen(text));
	free(text);
}

/* What would end a header line, or a part of a URL, is no secret that anybody has given out. */
static bool is_clean(const char *text)
{
	for (; text && *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static bool is_token(const char *text)
{
	return text && *text && is_clean(text) && !strpbrk(text, " /?#%");
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

/* ---- credentials.json ---- */

static char *member(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? ce_strdup(text) : NULL;
}

static void host_release(struct host *h)
{
	free(h->key);
	free_secret(h->user);
	free_secret(h->password);
	free_secret(h->token);
	free_secret(h->bearer);
}

static void add_host(struct ce_credentials *c, const char *key, const json_t *value)
{
	const json_t *basic = json_object_get(value, "BasicHTTP");
	struct host h = {
		.key = ce_strdup(key),
		.user = member(basic, "username"),
		.password = member(basic, "password"),
		.token = member(value, "CondaToken"),
		.bearer = member(value, "BearerToken"),
	};
	bool good = is_clean(h.user) && is_clean(h.password) && is_clean(h.bearer) &&
		    (!h.token || is_token(h.token));

	if (good) {
		CE_GROW(c->hosts, c->n_hosts, c->cap_hosts);
		c->hosts[c->n_hosts++] = h;
		return;
	}
	CE_AUTOFREE char *shown = ce_url_redact(key);
	ce_log(c->events, CCENV_LOG_WARNING,
		"the stored credentials for %s are not used: a control character, or one that no token has, is in them",
		shown);
	host_release(&h);
}

/* jansson copies each string; its copies are wiped as well. */
static void wipe_json(json_t *value)
{
	const char *key;
	json_t *v;

	if (json_is_string(value))
		ce_os_forget((char *)json_string_value(value), json_string_length(value));
	json_object_foreach (value, key, v)
		wipe_json(v);
}

static void parse_hosts(struct ce_credentials *c, const char *path, const struct ce_buf *text)
{
	json_error_t e;
	json_t *root = json_loadb(ce_buf_str(text), text->len, 0, &e), *value;
	const char *key;

	if (!root)
		/* Its own text quotes what it has read. */
		ce_log(c->events, CCENV_LOG_WARNING,
			"stored credentials are not used: %s: line %d, column %d: malformed JSON",
			path, e.line, e.column);
	else if (!json_is_object(root))
		ce_log(c->events, CCENV_LOG_WARNING,
			"stored credentials are not used: %s: expected an object", path);
	json_object_foreach (root, key, value)
		add_host(c, key, value);
	wipe_json(root);
	json_decref(root);
}

static void read_hosts(struct ce_credentials *c)
{
	CE_AUTOFREE char *path =
		env_or_home(c->env, "RATTLER_AUTH_FILE", ".rattler/credentials.json");
	const char *named = c->env("RATTLER_AUTH_FILE");
	struct ce_buf text = {0};
	struct ccenv_error err;

	if (!path || (!ce_fs_exists(path) && !(named && *named)))
		return;
	/* No growing: that would leave copies behind. */
	ce_buf_reserve(&text, MAX_FILE);
	if (ce_fs_read(path, MAX_FILE, &text, &err) < 0)
		ce_log(c->events, CCENV_LOG_WARNING, "stored credentials are not used: %s",
			err.text);
	else
		parse_hosts(c, path, &text);
	ce_os_forget(text.data, text.len);
	ce_buf_release(&text);
}

/* ---- tokens of `anaconda login` ---- */

/* "https%3A%2F%2Fapi.anaconda.org.token" -> "https://api.anaconda.org"; the caller frees. */
static char *token_file_url(const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t len = strlen(name);

	if (len <= 6 || !ce_has_suffix(name, ".token"))
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
	struct ce_buf text = {0};
	struct ccenv_error err;

	if (!url)
		return;
	ce_buf_reserve(&text, MAX_TOKEN);
	if (ce_fs_read(path, MAX_TOKEN, &text, &err) >= 0) {
		char *token = text.data + strspn(text.data, " \t\r\n");
		token[strcspn(token, " \t\r\n")] = '\0';
		char *channels = is_token(token) ? channels_of_api(url) : NULL;
		if (channels)
			add_token(c, channels, token, strlen(token));
		if (is_token(token))
			add_token(c, CE_TAKE(url), token, strlen(token));
		ce_os_forget(text.data, text.len);
	}
	ce_buf_release(&text);
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

/* ---- channels ---- */

/* Up to the query, without a slash at the end. */
static char *trimmed(const char *url)
{
	size_t len = strcspn(url, "?#");

	while (len && url[len - 1] == '/')
		len--;
	return ce_strndup(url, len);
}

static void add_channel(struct ce_credentials *c, const char *channel)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(channel);
	const char *query = channel + strcspn(channel, "?#");

	if (strcmp(plain, channel) == 0)
		return;
	CE_GROW(c->channels, c->n_channels, c->cap_channels);
	c->channels[c->n_channels++] = (struct channel){
		.plain = trimmed(plain),
		.full = trimmed(channel),
		.query = ce_strndup(query, strcspn(query, "#")),
	};
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

/* ---- all of them ---- */

/* A core would have them. */
static void forbid_core(struct ce_credentials *c)
{
	struct rlimit none;

	if (getrlimit(RLIMIT_CORE, &c->core) < 0)
		return;
	none = c->core;
	none.rlim_cur = 0;
	c->no_core = setrlimit(RLIMIT_CORE, &none) == 0;
}

void ce_credentials_load(struct ce_credentials *c)
{
	read_hosts(c);
	read_tokens(c);
	c->netrc = env_or_home(c->env, "NETRC", ".netrc");
	if (c->netrc && access(c->netrc, R_OK) != 0) {
		free(c->netrc);
		c->netrc = NULL;
	}
	if (c->n_hosts || c->n_tokens || c->n_channels || c->netrc)
		forbid_core(c);
}

void ce_credentials_free(struct ce_credentials *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_hosts; i++)
		host_release(&c->hosts[i]);
	free(c->hosts);
	for (size_t i = 0; i < c->n_tokens; i++) {
		free(c->tokens[i].prefix);
		free_secret(c->tokens[i].token);
	}
	free(c->tokens);
	for (size_t i = 0; i < c->n_channels; i++) {
		free(c->channels[i].plain);
		free_secret(c->channels[i].full);
		free_secret(c->channels[i].query);
	}
	free(c->channels);
	free(c->netrc);
	if (c->no_core)
		ce_ignore(setrlimit(RLIMIT_CORE, &c->core));
	free(c);
}

/* ---- which of them belong to a request ---- */

/* A key without a port is for https at its port. Loopback servers have whatever port is free. */
static bool is_usual_port(const struct ce_url *url)
{
	return ce_url_port(url) == 443 || ce_url_is_loopback(url);
}

/* How well does a key of credentials.json fit the host? 0 is not at all; more is better. */
static size_t host_match(const char *key, const struct ce_url *url)
{
	size_t len = strlen(key), host = ce_url_host_len(url);

	if (len == url->host_len && strncasecmp(key, url->host, len) == 0 && len > host)
		return SIZE_MAX; /* with its port */
	if (!is_usual_port(url))
		return 0;
	if (len == host && strncasecmp(key, url->host, len) == 0)
		return SIZE_MAX - 1;
	if (!ce_has_prefix(key, "*."))
		return 0;
	key += 2;
	len -= 2;
	if (len == 0 || host < len || strncasecmp(key, url->host + host - len, len) != 0)
		return 0;
	return host == len || url->host[host - len - 1] == '.' ? len : 0;
}

static const struct host *find_host(const struct ce_credentials *c, const struct ce_url *url)
{
	const struct host *found = NULL;
	size_t best = 0;

	for (size_t i = 0; i < c->n_hosts; i++) {
		size_t fit = host_match(c->hosts[i].key, url);
		if (fit > best) {
			best = fit;
			found = &c->hosts[i];
		}
	}
	return found;
}

static const char *find_url_token(const struct ce_credentials *c, const char *url)
{
	for (size_t i = 0; i < c->n_tokens; i++) {
		const char *prefix = c->tokens[i].prefix;
		size_t len = strlen(prefix);
		if (len == 0 || strncmp(url, prefix, len) != 0)
			continue;
		/* A whole host or directory, not just the same letters. */
		if (prefix[len - 1] == '/' || strchr("/?#", url[len]))
			return c->tokens[i].token;
	}
	return NULL;
}

/* The URL as it lies below a channel that was written with credentials; NULL when it does not. */
static char *in_channel(const struct ce_credentials *c, const char *url)
{
	for (size_t i = 0; i < c->n_channels; i++) {
		const struct channel *channel = &c->channels[i];
		size_t len = strlen(channel->plain);
		if (strncmp(url, channel->plain, len) != 0 || url[len] != '/')
			continue;
		bool query = strchr(url + len, '?');
		return ce_asprintf("%s%s%s", channel->full, url + len, query ? "" : channel->query);
	}
	return NULL;
}

void ce_credentials_find(const struct ce_credentials *c, const char *url, struct ce_credential *ret)
{
	struct ce_url u;

	*ret = (struct ce_credential){.url = in_channel(c, url)};
	if (ret->url)
		return;
	ret->url = ce_strdup(url);
	if (!ce_url_split(url, &u) || u.user_len || ce_has_prefix(u.path, "/t/"))
		return;
	const char *token = find_url_token(c, url);
	if (ce_url_has_scheme(url, "https") || ce_url_is_loopback(&u)) {
		const struct host *host = find_host(c, &u);
		ret->netrc = !host && is_usual_port(&u) ? c->netrc : NULL;
		if (host) {
			ret->user = host->user;
			ret->password = host->password;
			ret->bearer = host->bearer;
			token = host->token;
		}
	}
	if (!token)
		return;
	free(ret->url);
	ret->url = ce_asprintf("%.*s/t/%s%s", (int)(u.path - url), url, token, u.path);
}

void ce_credential_release(struct ce_credential *c)
{
	free_secret(c->url);
	*c = (struct ce_credential){0};
}
