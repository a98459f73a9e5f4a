/* SPDX-License-Identifier: MIT */
/* What the network and its settings bring: URLs, credentials, mirrors, dates. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "io/credentials.h"
#include "io/download.h"
#include "io/download_transfer.h"

/* A credential that no message may have, unless it is in the name of a host. */
static const char secret[] = "S3CRET";
static bool is_host;

static const char *auth_file;

static const char *get_variable(const char *name)
{
	if (strcmp(name, "HOME") == 0)
		return fuzz_dir_now();
	if (strcmp(name, "RATTLER_AUTH_FILE") == 0)
		return auth_file;
	return auth_file && strcmp(name, "BINSTAR_CONFIG_DIR") == 0 ? fuzz_dir_now() : NULL;
}

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	(void)user;
	(void)level;
	fuzz_require(is_host || !strstr(text, secret), "a message has no credential");
}

/* Lines "! NAME TEXT" are token files, as `anaconda login` leaves them. */
static void write_tokens(const char *data, size_t size)
{
	CE_AUTOFREE char *dir =
		ce_path_join(fuzz_dir_now(), auth_file ? "data" : ".config/binstar");
	struct ccenv_error err;

	fuzz_require(ce_fs_mkdirs(dir, &err) >= 0, "a directory is made");
	for (int files = 0; size && files < 20; files++) {
		CE_AUTOFREE char *line = fuzz_line(&data, &size);
		const char *name = line + strlen("! ");
		size_t len;

		if (strncmp(line, "! ", 2) != 0)
			continue;
		len = strcspn(name, " ");
		if (len && len < 100 && !memchr(name, '/', len) && *name != '.') {
			CE_AUTOFREE char *file = ce_strndup(name, len);
			CE_AUTOFREE char *path = ce_path_join(dir, file);

			fuzz_write(path, name + len, strlen(name + len));
		}
	}
}

static bool has_secret_host(const char *data, size_t size)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_loadb(data, size, 0, NULL);
	const char *key;
	json_t *v;

	json_object_foreach (o, key, v) {
		CE_AUTOFREE char *shown = ce_url_redact(key);

		if (strstr(shown, secret))
			return true;
	}
	return false;
}

void fuzz_credentials(const char *data, size_t size)
{
	/* In the places that variables name, or in the home. */
	bool named = size % 2 == 0;
	CE_AUTOFREE char *rattler = ce_path_join(fuzz_dir(), ".rattler");
	CE_AUTOFREE char *path = ce_path_join(rattler, "credentials.json");
	CE_AUTOFREE char *netrc = ce_path_join(fuzz_dir_now(), ".netrc"), *channel = NULL;
	const struct ccenv_events events = {.log = on_log};
	CE_CLEANUP(ce_credentials_freep) struct ce_credentials *c = NULL;
	const char *rest;
	size_t len = 0, n;

	fuzz_require(mkdir(rattler, 0700) == 0, "a directory is made");
	fuzz_write(netrc, "", 0);
	while (len < size && !(data[len] == '?' && (len == 0 || data[len - 1] == '\n')))
		len++;
	fuzz_write(path, data, len);
	is_host = has_secret_host(data, len);
	auth_file = named ? path : NULL;
	write_tokens(data + len, size - len);
	/* The first URL that is asked for is a channel as well. */
	rest = data + len;
	n = size - len;
	channel = fuzz_line(&rest, &n);
	c = ce_credentials_new(
		get_variable, &events, (const char *const[]){channel + strspn(channel, "? ")}, 1);
	ce_credentials_load(c);
	for (data += len, size -= len; size;) {
		CE_AUTOFREE char *line = fuzz_line(&data, &size);
		struct ce_credential found = {0};

		if (*line != '?')
			continue;
		ce_credentials_find(c, line + 1 + strspn(line + 1, " "), &found);
		ce_credential_release(&found);
	}
}

static void check_dots(const char *text)
{
	struct ce_url url;

	fuzz_require(!ce_url_split(text, &url) ||
			     (!strstr(url.path, "/../") && !strstr(url.path, "/./")),
		"a resolved URL has no dots");
}

void fuzz_url(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_line(&data, &size), *ref = fuzz_line(&data, &size);
	CE_AUTOFREE char *plain = ce_url_strip_credentials(text), *shown = ce_url_redact(text);
	CE_AUTOFREE char *again = ce_url_strip_credentials(plain);
	char *file = ce_url_file_path(text);
	CE_AUTOFREE char *joined = ce_url_join(text, ref);
	CE_AUTOFREE char *resolved = NULL;
	struct ce_url url, other;

	fuzz_require(strcmp(plain, again) == 0, "credentials are taken out at once");
	for (const char *p = shown; *p; p++)
		fuzz_require((unsigned char)*p >= 0x20 && *p != 0x7f,
			"a redacted URL has no control characters");
	if (ce_url_split(plain, &url))
		fuzz_require(url.user_len == 0, "a stripped URL has no user");
	if (ce_url_split(text, &url)) {
		(void)ce_url_port(&url);
		(void)ce_url_host_len(&url);
		(void)ce_url_is_loopback(&url);
		fuzz_require(ce_url_same_origin(&url, &url), "a URL has its own origin");
		if (ce_url_split(joined, &other))
			(void)ce_url_same_origin(&url, &other);
		resolved = ce_url_resolve(text, ref);
		if (!strstr(ref, "://") && !strpbrk(text, "?#") && !strpbrk(ref, "?#") &&
			!strstr(url.path, "/.") && *ref)
			check_dots(resolved);
	}
	free(file);
	(void)ce_url_is_web(text);
	(void)ce_url_is_torn(text);
}

/* All places of a URL in their order; every second one cannot be reached. */
static void walk_places(struct ce_mirror *m, const char *url)
{
	struct ce_downloader d = {.mirrors = m};
	struct ce_transfer t = {.d = &d, .t = {.url = url}};
	CE_AUTOFREE char *plain = ce_url_strip_credentials(url);
	size_t n = 0;

	for (ce_transfer_go_to_place(&t, 0); ce_transfer_has_place(&t);
		ce_transfer_go_to_place(&t, t.place + 1)) {
		fuzz_require(strcmp(t.url, t.asked) == 0, "a place is asked for itself");
		fuzz_require(strstr(t.asked, secret) == NULL || strstr(plain, secret) != NULL,
			"a mirror gets no credentials of the URL");
		fuzz_require(t.place >= n, "places come in order");
		n = t.place + 1;
		if (n % 2)
			ce_transfer_avoid_place(&t);
	}
	fuzz_require(strcmp(t.asked, url) == 0, "the last place is the URL itself");
	free(t.url);
	free(t.asked);
}

void fuzz_mirrors(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_line(&data, &size);
	CE_AUTOFREE char *url = fuzz_line(&data, &size);
	struct ce_mirror *m = NULL;
	struct ccenv_error err;

	if (ce_mirrors_parse(text, &m, &err) < 0)
		return;
	if (!strstr(text, secret))
		walk_places(m, url);
	ce_mirrors_free(m);
}

void fuzz_date(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_text(data, size);

	fuzz_require(ce_http_date(text) >= -1, "a date is -1 or later than 1970");
}
