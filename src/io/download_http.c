/* SPDX-License-Identifier: MIT */
/* One request over libcurl: its options from the environment and the stored credentials, its
 * callbacks. */
#include "io/download_transfer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/url.h"
#include "io/certificates.h"
#include "io/credentials.h"

enum {
	CONNECT_TIMEOUT_S = 10,
	MIN_SPEED = 100, /* bytes a second; fewer is a stalled server */
	MAX_HEADER = 16 * 1024,
	OWN_CONNECTIONS = 4,
};

static bool curl_ready;

/*
 * An option that libcurl refuses (it has no memory, or was built without it) ends the transfer: one
 * without its certificates, its proxy or its limits would be another one than was asked for. The
 * first refusal stays in t->refused.
 */
#define SET(t, option, value)                                                                      \
	do {                                                                                       \
		CURLcode set_code = curl_easy_setopt((t)->easy, option, value);                    \
		if ((t)->refused == CURLE_OK)                                                      \
			(t)->refused = set_code;                                                   \
	} while (0)

/* The first of these variables that is set and not empty. */
static const char *env_first(const struct ce_downloader *d, const char *const *names)
{
	for (; *names; names++) {
		const char *value = d->env(*names);
		if (value && *value)
			return value;
	}
	return NULL;
}

static char *header_value(const char *line, size_t len)
{
	while (len && strchr(" \t", *line)) {
		line++;
		len--;
	}
	while (len && strchr(" \t\r\n", line[len - 1]))
		len--;
	return ce_strndup(line, len);
}

static void keep_header(char **slot, const char *name, const char *line, size_t len)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return;
	free(*slot);
	*slot = header_value(line + n + 1, len - n - 1);
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	struct ce_transfer *t = user;
	size_t len = size * n;

	/* Each status line (100, a proxy's, the real one) begins a new set. */
	if (len > 6 && strncasecmp(line, "HTTP/", 5) == 0) {
		ce_transfer_clear_headers(t);
		t->d->multiplexed = line[5] == '2';
	}
	if (len > MAX_HEADER)
		return len;
	keep_header(&t->etag, "ETag", line, len);
	keep_header(&t->last_modified, "Last-Modified", line, len);
	keep_header(&t->cache_control, "Cache-Control", line, len);
	keep_header(&t->expires, "Expires", line, len);
	keep_header(&t->date, "Date", line, len);
	keep_header(&t->age, "Age", line, len);
	keep_header(&t->location, "Location", line, len);
	keep_header(&t->content_range, "Content-Range", line, len);
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct ce_transfer *t = user;
	size_t len = size * n;

	if (!t->checked && ce_transfer_check_answer(t) < 0)
		return 0;
	if (t->dropped) {
		/* An error page is read to its end, so that the connection can be used again; but
		 * not a long one. */
		t->drained += len;
		return t->drained > CE_TRANSFER_SOME ? 0 : len;
	}
	return ce_transfer_deliver(t, data, len) < 0 ? 0 : len;
}

/* For the server, and for a proxy that speaks TLS as well. */
static void set_certificates(struct ce_transfer *t, const char *path, bool dir)
{
	if (dir) {
		SET(t, CURLOPT_CAPATH, path);
		SET(t, CURLOPT_PROXY_CAPATH, path);
		return;
	}
	SET(t, CURLOPT_CAINFO, path);
	SET(t, CURLOPT_PROXY_CAINFO, path);
}

/* A libcurl that was built for no distribution in particular knows no place of its own. */
static bool curl_has_certificates(void)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	return v->age < CURLVERSION_SEVENTH || v->cainfo || v->capath;
}

static void set_tls(struct ce_transfer *t)
{
	static const char *const files[] = {
		"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", NULL};
	const char *file = env_first(t->d, files);
	const char *dir = t->d->env("SSL_CERT_DIR");
	bool named = file || (dir && *dir);
	struct stat st;

	if (file)
		set_certificates(t, file, stat(file, &st) == 0 && S_ISDIR(st.st_mode));
	if (dir && *dir)
		set_certificates(t, dir, true);
	if (!named && !curl_has_certificates()) {
		struct ce_certificates usual = ce_certificates_find("");

		if (usual.path)
			set_certificates(t, usual.path, usual.dir);
	}
}

/* curl would ask getenv() itself; here the environment is a parameter. */
static void set_proxy(struct ce_transfer *t)
{
	/* HTTP_PROXY in capitals is not read: a CGI server sets it from a request's header. */
	static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
	static const char *const tls[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
	static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
	const char *proxy = env_first(t->d, ce_url_has_scheme(t->url, "https") ? tls : plain);
	const char *except = env_first(t->d, none);

	SET(t, CURLOPT_PROXY, proxy ? proxy : "");
	SET(t, CURLOPT_NOPROXY, except ? except : "");
}

static void set_protocols(struct ce_transfer *t)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(t, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(t, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_credentials(struct ce_transfer *t)
{
	CE_CLEANUP(ce_credential_release) struct ce_credential cred = {0};

	ce_credentials_find(t->d->credentials, t->url, &cred);
	SET(t, CURLOPT_URL, cred.url);
	if (cred.bearer) {
		SET(t, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		SET(t, CURLOPT_XOAUTH2_BEARER, cred.bearer);
	} else if (cred.user) {
		SET(t, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		SET(t, CURLOPT_USERNAME, cred.user);
		SET(t, CURLOPT_PASSWORD, cred.password ? cred.password : "");
	} else if (cred.netrc) {
		SET(t, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		SET(t, CURLOPT_NETRC_FILE, cred.netrc);
	}
}

static void set_headers(struct ce_transfer *t)
{
	CE_AUTOFREE char *range = NULL;

	if (t->t.if_none_match)
		ce_transfer_add_header(t, "If-None-Match", t->t.if_none_match);
	else if (t->t.if_modified_since)
		ce_transfer_add_header(t, "If-Modified-Since", t->t.if_modified_since);
	bool until = t->t.until && !t->no_range;
	if (t->from || until) {
		/* Not CURLOPT_RESUME_FROM: that makes an error of a server which sends the whole
		 * instead. */
		range = until ? ce_asprintf("%llu-%llu", (unsigned long long)t->from,
					(unsigned long long)t->t.until - 1)
			      : ce_asprintf("%llu-", (unsigned long long)t->from);
		SET(t, CURLOPT_RANGE, range);
	}
	SET(t, CURLOPT_HTTPHEADER, t->headers);
}

int64_t ce_http_date(const char *text)
{
	time_t t = text ? curl_getdate(text, NULL) : -1;

	return t < 0 ? -1 : (int64_t)t; /* what is before 1970 is no date of an answer */
}

static void init_curl_once(void)
{
	curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* Not before the first transfer: it reads OpenSSL's configuration and more, and most runs transfer
 * nothing. */
static bool init_curl(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_curl_once);
	return curl_ready;
}

static void set_callbacks(struct ce_transfer *t)
{
	SET(t, CURLOPT_PRIVATE, t);
	SET(t, CURLOPT_HEADERFUNCTION, on_header);
	SET(t, CURLOPT_HEADERDATA, t);
	SET(t, CURLOPT_WRITEFUNCTION, on_body);
	SET(t, CURLOPT_WRITEDATA, t);
	SET(t, CURLOPT_ERRORBUFFER, t->curl_text);
}

/* How it is carried: limits, protocols, connections. */
static void set_transport(struct ce_transfer *t)
{
	struct ce_downloader *d = t->d;
	/* The first few, which are the large ones, get connections of their own: each begins slowly
	 * (TCP), and two together arrive in less time than one behind the other. Once a server is
	 * known to speak HTTP/2 all others share what is open. Without TLS libcurl 7.88 would only
	 * know when the first file has come, and wait so long. */
	bool share = !t->t.alone && (d->multiplexed || d->n_own >= OWN_CONNECTIONS);

	d->n_own += !share;
	SET(t, CURLOPT_NOSIGNAL, 1L);
	SET(t, CURLOPT_USERAGENT, "ccenv/" CCENV_VERSION);
	SET(t, CURLOPT_FOLLOWLOCATION, 0L);
	if (d->http2)
		SET(t, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(t, CURLOPT_PIPEWAIT, (long)(share && ce_url_has_scheme(t->url, "https")));
	SET(t, CURLOPT_BUFFERSIZE, 256L * 1024);
	SET(t, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	SET(t, CURLOPT_LOW_SPEED_LIMIT, (long)MIN_SPEED);
	SET(t, CURLOPT_LOW_SPEED_TIME, d->stall_s);
	/* libcurl inflates it then, piece by piece; the limits are those of what comes out. */
	if (t->t.text)
		SET(t, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void fail_start(struct ce_transfer *t)
{
	ce_transfer_fail(t, CCENV_ENET, "libcurl cannot start a request", "try again");
	ce_transfer_finish_failed(t, 0);
}

static void fail_option(struct ce_transfer *t)
{
	CE_AUTOFREE char *cause =
		ce_asprintf("libcurl refuses an option that the request needs: %s",
			curl_easy_strerror(t->refused));

	ce_transfer_fail(t, CCENV_ENET, cause,
		t->refused == CURLE_OUT_OF_MEMORY
			? "try again"
			: "check SSL_CERT_FILE, SSL_CERT_DIR and the proxy variables, or use another libcurl");
	ce_transfer_finish_failed(t, 0);
}

/* What all requests share, made for the first one. */
static bool make_multi(struct ce_downloader *d)
{
	if (d->multi)
		return true;
	d->multi = curl_multi_init();
	if (!d->multi)
		return false;
	d->http2 = curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2;
	ce_credentials_load(d->credentials);
	return curl_multi_setopt(d->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)d->parallel) ==
		       CURLM_OK &&
	       curl_multi_setopt(d->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 128L) == CURLM_OK;
}

/* libcurl fills one connection before it uses the next: here all of them get their share. */
static bool spread(struct ce_downloader *d)
{
	return !d->multiplexed || curl_multi_setopt(d->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
					  (long)((d->running + d->n_own) / d->n_own)) == CURLM_OK;
}

void ce_transfer_start_http(struct ce_transfer *t)
{
	struct ce_downloader *d = t->d;

	if (!init_curl()) {
		ce_transfer_fail(
			t, CCENV_ENET, "libcurl cannot be initialized", "reinstall libcurl");
		ce_transfer_finish_failed(t, 0);
		return;
	}
	t->easy = make_multi(d) ? curl_easy_init() : NULL;
	if (!t->easy) {
		fail_start(t);
		return;
	}
	t->refused = CURLE_OK;
	set_callbacks(t);
	set_transport(t);
	set_protocols(t);
	set_tls(t);
	set_proxy(t);
	set_credentials(t);
	set_headers(t);
	if (t->refused != CURLE_OK) {
		fail_option(t);
		return;
	}
	t->curl_text[0] = '\0';
	t->err.code = 0;
	if (!spread(d) || curl_multi_add_handle(d->multi, t->easy) != CURLM_OK) {
		fail_start(t);
		return;
	}
	t->state = CE_TRANSFER_RUNNING;
	d->running++;
}
