/* SPDX-License-Identifier: MIT */
/*
 * Transfers over libcurl. The hard part is what surrounds a request: which failures may pass, where
 * credentials may go (redirects are followed here, one request each, so that every host gets its
 * own), and what of a broken body is still good.
 */
#include "io/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "io/credentials.h"
#include "io/url.h"

enum {
	DEFAULT_PARALLEL = 16,
	MAX_REDIRECTS = 10,
	DEFAULT_RETRIES = 3,
	DEFAULT_STALL_S =
		30, /* CCENV_NET_TIMEOUT: no byte for so long, or fewer than MIN_SPEED a second */
	CONNECT_TIMEOUT_S = 10,
	MIN_SPEED = 100,
	FIRST_RETRY_MS = 500,    /* doubled each time */
	MAX_RETRY_AFTER_S = 120, /* a server that wants more is an error now, not a hanging build */
	RESUME_MIN = 1 << 20,    /* a shorter body is asked for anew rather than continued */
	FILE_CHUNK = 256 * 1024,
	MAX_HEADER = 16 * 1024,
};

enum state {
	WAITING, /* for a place, or for `not_before` */
	RUNNING,
	FINISHED,
};

struct transfer {
	struct transfer *next;
	struct ce_downloader *d;
	struct ce_download t; /* strings are ours */
	enum state state;
	CURL *easy;
	struct curl_slist *headers;
	int fd;    /* of a file:// transfer, else -1 */
	char *url; /* now asked for: t.url, or where a redirect led; no stored credentials in it */
	unsigned tries, redirects;
	bool no_range;      /* the server refused one */
	uint64_t from;      /* first byte asked for in this request */
	uint64_t got;       /* bytes handed on, counted from the begin of the body */
	uint64_t wire;      /* bytes of body in all requests */
	bool checked;       /* the answer's status has been looked at */
	bool dropped;       /* body of an error or a redirect: not handed on */
	int64_t not_before; /* monotonic ms */
	char *etag, *last_modified, *cache_control, *location, *content_range;
	struct ccenv_error err; /* of a callback or check; err.code != 0 ends the transfer */
	char curl_text[CURL_ERROR_SIZE];
};

struct ce_downloader {
	CURLM *multi; /* made for the first http transfer */
	struct ce_credentials *credentials;
	const char *(*env)(const char *name);
	const struct ccenv_events *events;
	bool offline;
	unsigned parallel;
	unsigned retries;
	long stall_s;
	struct transfer *first, **last; /* all that are not finished, in order of adding */
	unsigned running, files;
	int left;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	/* Fails only without memory; curl_easy_init() would then fail too. */
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

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

static long env_number(const struct ce_downloader *d, const char *name, long preset, long max)
{
	const char *text = d->env(name);
	char *end;

	if (!text || !*text)
		return preset;
	long value = strtol(text, &end, 10);
	return *end || value < 0 || value > max ? preset : value;
}

int ce_downloader_new(
	const struct ce_downloader_options *o, struct ce_downloader **ret, struct ccenv_error *err)
{
	struct ce_downloader *d = ce_calloc(1, sizeof(*d));

	(void)err; /* nothing here can fail today; the contract keeps the door open */
	d->env = o->getenv_fn ? o->getenv_fn : no_env;
	d->events = o->events;
	d->offline = o->offline;
	d->parallel = o->parallel ? o->parallel : DEFAULT_PARALLEL;
	d->retries = (unsigned)env_number(d, "CCENV_NET_RETRIES", DEFAULT_RETRIES, 20);
	d->stall_s = env_number(d, "CCENV_NET_TIMEOUT", DEFAULT_STALL_S, 3600);
	d->last = &d->first;
	*ret = d;
	return 0;
}

static void headers_clear(struct transfer *t)
{
	char **const all[] = {
		&t->etag, &t->last_modified, &t->cache_control, &t->location, &t->content_range};

	for (size_t i = 0; i < CE_COUNT(all); i++) {
		free(*all[i]);
		*all[i] = NULL;
	}
}

/* Frees what belongs to one request, keeping the transfer. */
static void request_reset(struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->d->multi, t->easy);
		curl_easy_cleanup(t->easy);
		t->easy = NULL;
	}
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	headers_clear(t);
	t->checked = t->dropped = false;
}

static void transfer_free(struct transfer *t)
{
	request_reset(t);
	free((char *)t->t.url);
	free((char *)t->t.if_none_match);
	free((char *)t->t.if_modified_since);
	free(t->url);
	free(t);
}

void ce_downloader_free(struct ce_downloader *d)
{
	if (!d)
		return;
	while (d->first) {
		struct transfer *t = d->first;
		d->first = t->next;
		transfer_free(t);
	}
	curl_multi_cleanup(d->multi);
	ce_credentials_free(d->credentials);
	free(d);
}

void ce_downloader_add(struct ce_downloader *d, const struct ce_download *t)
{
	struct transfer *n = ce_calloc(1, sizeof(*n));

	n->d = d;
	n->t = *t;
	n->t.url = ce_strdup(t->url);
	n->t.if_none_match = t->if_none_match ? ce_strdup(t->if_none_match) : NULL;
	n->t.if_modified_since = t->if_modified_since ? ce_strdup(t->if_modified_since) : NULL;
	n->url = ce_strdup(t->url);
	n->from = t->resume_from;
	n->got = t->resume_from;
	n->fd = -1;
	*d->last = n;
	d->last = &n->next;
	d->left++;
}

/* Ends the transfer: from here on only on_done is left to do. */
static void finish(struct transfer *t, int code, const char *text, long status)
{
	struct ce_download_result result = {
		.code = code,
		.text = text,
		.status = status,
		.bytes = t->wire,
		.etag = t->etag,
		.last_modified = t->last_modified,
		.cache_control = t->cache_control,
	};

	if (t->state == RUNNING) {
		t->d->running--;
		t->d->files -= t->fd >= 0;
	}
	t->state = FINISHED;
	t->d->left--;
	t->t.on_done(t->t.user, &result);
	request_reset(t);
}

/* Fills t->err with "cannot download URL: <cause>". */
static int fail(struct transfer *t, int code, const char *cause, const char *way_out)
{
	CE_CLEANUP(ce_freep) char *url = ce_url_redact(t->t.url);

	return ce_fail(&t->err, code, "cannot download %s: %s%s%s", url, cause,
		*way_out ? "; " : "", way_out);
}

static void finish_failed(struct transfer *t, long status)
{
	finish(t, t->err.code, t->err.text, status);
}

/* Data goes to the caller; every limit is checked here, for files and for the network. */
static int deliver(struct transfer *t, const void *data, size_t len)
{
	char text[96];

	t->wire += len;
	if (len > t->t.max_bytes || t->got > t->t.max_bytes - len) {
		snprintf(text, sizeof(text),
			"it is larger than %llu bytes, the most that is allowed",
			(unsigned long long)t->t.max_bytes);
		return fail(t, CCENV_EDATA, text, "check that the URL is what you meant");
	}
	t->got += len;
	if (t->t.expected_bytes && t->got > t->t.expected_bytes) {
		snprintf(text, sizeof(text), "it is longer than the %llu bytes promised",
			(unsigned long long)t->t.expected_bytes);
		return fail(t, CCENV_EHASH, text,
			"the server's copy is damaged or was replaced; try later or use another "
			"channel");
	}
	t->err.code = 0;
	int r = t->t.on_data ? t->t.on_data(t->t.user, data, len, &t->err) : 0;
	if (r < 0)
		t->err.code = r;
	return r;
}

/* The body begins anew: what was handed on is void. */
static int restart(struct transfer *t)
{
	bool void_data = t->got > 0;

	t->got = 0;
	t->err.code = 0;
	int r = void_data && t->t.on_restart ? t->t.on_restart(t->t.user, &t->err) : 0;
	if (r < 0)
		t->err.code = r;
	return r;
}

/* ---- file:// ---- */

static void file_start(struct transfer *t)
{
	CE_CLEANUP(ce_freep) char *path = ce_url_file_path(t->url);
	struct stat st;

	if (!path) {
		fail(t, CCENV_EUSAGE, "it is not a local file",
			"write file:///absolute/path, or http:// for another host");
		finish_failed(t, 0);
		return;
	}
	t->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0 || fstat(t->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		bool absent = t->fd < 0 && (errno == ENOENT || errno == ENOTDIR);
		const char *cause = t->fd < 0 ? strerror(errno) : "not a regular file";
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
		if (absent && t->t.missing_ok) {
			finish(t, 0, NULL, 404);
			return;
		}
		fail(t, absent ? CCENV_ENOTFOUND : CCENV_EIO, cause,
			"check the path of the channel");
		finish_failed(t, absent ? 404 : 0);
		return;
	}
	/* A file has no ETag, but this changes whenever the file does. */
	t->etag = ce_asprintf("\"%llx-%llx-%llx\"", (unsigned long long)st.st_size,
		(unsigned long long)st.st_mtim.tv_sec * 1000000000ULL +
			(unsigned long long)st.st_mtim.tv_nsec,
		(unsigned long long)st.st_ino);
	if (t->t.if_none_match && strcmp(t->t.if_none_match, t->etag) == 0) {
		close(t->fd);
		t->fd = -1;
		finish(t, 0, NULL, 304);
		return;
	}
	if (t->from && (uint64_t)st.st_size >= t->from) {
		(void)lseek(t->fd, (off_t)t->from, SEEK_SET);
	} else if (t->from) {
		t->from = 0;
		if (restart(t) < 0) {
			finish_failed(t, 200);
			return;
		}
	}
	t->state = RUNNING;
	t->d->running++;
	t->d->files++;
}

/* "got N of M bytes" when the body ended too early; true when all is well. */
static bool check_length(struct transfer *t)
{
	char text[96];

	if (!t->t.expected_bytes || t->got == t->t.expected_bytes)
		return true;
	snprintf(text, sizeof(text), "it has %llu bytes where %llu were promised",
		(unsigned long long)t->got, (unsigned long long)t->t.expected_bytes);
	fail(t, CCENV_EHASH, text,
		"the server's copy is damaged or was replaced; try later or use another channel");
	return false;
}

static void file_step(struct transfer *t)
{
	static _Thread_local char chunk[FILE_CHUNK];
	ssize_t n = read(t->fd, chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n < 0) {
		fail(t, CCENV_EIO, strerror(errno), "check the disk");
		finish_failed(t, 0);
	} else if (n == 0) {
		if (check_length(t))
			finish(t, 0, NULL, 200);
		else
			finish_failed(t, 200);
	} else if (deliver(t, chunk, (size_t)n) < 0) {
		finish_failed(t, 200);
	}
}

/* ---- http(s):// ---- */

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
	struct transfer *t = user;
	size_t len = size * n;

	/* Each status line (100, a proxy's, the real one) begins a new set. */
	if (len > 5 && strncasecmp(line, "HTTP/", 5) == 0)
		headers_clear(t);
	if (len > MAX_HEADER)
		return len;
	keep_header(&t->etag, "ETag", line, len);
	keep_header(&t->last_modified, "Last-Modified", line, len);
	keep_header(&t->cache_control, "Cache-Control", line, len);
	keep_header(&t->location, "Location", line, len);
	keep_header(&t->content_range, "Content-Range", line, len);
	return len;
}

static long status_of(const struct transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* "bytes 100-199/200" -> 100 */
static uint64_t range_start(const char *text)
{
	return strncasecmp(text, "bytes ", 6) == 0 ? strtoull(text + 6, NULL, 10) : UINT64_MAX;
}

/* Looks at the status before the first byte of a body. <0 ends the transfer. */
static int check_answer(struct transfer *t)
{
	long status = status_of(t);
	curl_off_t length = -1;
	char text[96];

	t->checked = true;
	t->dropped = status != 200 && status != 206;
	if (t->dropped)
		return 0;
	if (status == 206 && (!t->content_range || range_start(t->content_range) != t->from))
		return fail(t, CCENV_ENET,
			"the server sent another part of the file than asked for",
			"try again later");
	if (status == 200 && t->from) {
		t->from = 0;
		int r = restart(t);
		if (r < 0)
			return r;
	}
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length < 0)
		return 0;
	uint64_t whole = t->from + (uint64_t)length;
	if (t->t.expected_bytes && whole != t->t.expected_bytes) {
		snprintf(text, sizeof(text), "the server has %llu bytes where %llu were promised",
			(unsigned long long)whole, (unsigned long long)t->t.expected_bytes);
		return fail(t, CCENV_EHASH, text,
			"its copy is damaged or was replaced; try later or use another channel");
	}
	return 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct transfer *t = user;
	size_t len = size * n;

	if (!t->checked && check_answer(t) < 0)
		return 0;
	if (t->dropped) {
		/* An error page is read to its end, so that the connection can be used again; but
		 * not a long one. */
		t->wire += len;
		return t->wire > RESUME_MIN ? 0 : len;
	}
	return deliver(t, data, len) < 0 ? 0 : len;
}

static void set_tls(const struct ce_downloader *d, CURL *e)
{
	static const char *const files[] = {
		"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", NULL};
	const char *file = env_first(d, files);
	const char *dir = d->env("SSL_CERT_DIR");
	struct stat st;

	if (file && stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		curl_easy_setopt(e, CURLOPT_CAPATH, file);
	else if (file)
		curl_easy_setopt(e, CURLOPT_CAINFO, file);
	if (dir && *dir)
		curl_easy_setopt(e, CURLOPT_CAPATH, dir);
}

/* curl would ask getenv() itself; here the environment is a parameter. */
static void set_proxy(const struct ce_downloader *d, CURL *e, const char *url)
{
	/* HTTP_PROXY in capitals is not read: a CGI server sets it from a request's header. */
	static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
	static const char *const tls[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
	static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
	const char *proxy = env_first(d, ce_url_has_scheme(url, "https") ? tls : plain);
	const char *except = env_first(d, none);

	curl_easy_setopt(e, CURLOPT_PROXY, proxy ? proxy : "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, except ? except : "");
}

static void set_protocols(CURL *e)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(e, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_credentials(struct transfer *t)
{
	const char *netrc = ce_credentials_netrc(t->d->credentials);
	struct ce_credential cred;

	ce_credentials_find(t->d->credentials, t->url, &cred);
	curl_easy_setopt(t->easy, CURLOPT_URL, cred.url);
	free(cred.url);
	if (cred.bearer) {
		curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(t->easy, CURLOPT_XOAUTH2_BEARER, cred.bearer);
	} else if (cred.user) {
		curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(t->easy, CURLOPT_USERNAME, cred.user);
		curl_easy_setopt(t->easy, CURLOPT_PASSWORD, cred.password ? cred.password : "");
	} else if (netrc) {
		curl_easy_setopt(t->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		curl_easy_setopt(t->easy, CURLOPT_NETRC_FILE, netrc);
	}
}

static void add_header(struct transfer *t, const char *name, const char *value)
{
	CE_CLEANUP(ce_freep) char *line = ce_asprintf("%s: %s", name, value);

	/* A header value from a cache file must not bring a second header. */
	if (!strpbrk(line, "\r\n"))
		t->headers = curl_slist_append(t->headers, line);
}

static void set_headers(struct transfer *t)
{
	CE_CLEANUP(ce_freep) char *range = NULL;

	if (t->t.if_none_match)
		add_header(t, "If-None-Match", t->t.if_none_match);
	else if (t->t.if_modified_since)
		add_header(t, "If-Modified-Since", t->t.if_modified_since);
	if (t->from) {
		/* Not CURLOPT_RESUME_FROM: that makes an error of a server which sends the whole
		 * instead. */
		range = ce_asprintf("%llu-", (unsigned long long)t->from);
		curl_easy_setopt(t->easy, CURLOPT_RANGE, range);
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void http_start(struct transfer *t)
{
	struct ce_downloader *d = t->d;

	pthread_once(&curl_once, init_curl);
	if (!d->multi) {
		d->multi = curl_multi_init();
		curl_multi_setopt(d->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)d->parallel);
		d->credentials = ce_credentials_new(d->env, d->events);
	}
	t->easy = curl_easy_init();
	if (!t->easy || !d->multi)
		abort(); /* out of memory */
	CURL *e = t->easy;
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_text);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "ccenv/" CCENV_VERSION);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)MIN_SPEED);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, d->stall_s);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	set_protocols(e);
	set_tls(d, e);
	set_proxy(d, e, t->url);
	set_credentials(t);
	set_headers(t);
	t->curl_text[0] = '\0';
	t->err.code = 0;
	t->state = RUNNING;
	d->running++;
	curl_multi_add_handle(d->multi, e);
}

static void requeue(struct transfer *t, int64_t delay_ms)
{
	request_reset(t);
	t->d->running--;
	t->state = WAITING;
	t->not_before = now_ms() + delay_ms;
}

/* Where a redirect leads; NULL when it must not be followed (then t->err says why). The caller
 * frees. */
static char *redirect_target(struct transfer *t)
{
	CURLU *u = curl_url();
	char *text = NULL, *url = NULL;

	if (curl_url_set(u, CURLUPART_URL, t->url, 0) == CURLUE_OK &&
		curl_url_set(u, CURLUPART_URL, t->location, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK)
		url = ce_strdup(text);
	curl_free(text);
	curl_url_cleanup(u);
	bool web = url && (ce_url_has_scheme(url, "https") || ce_url_has_scheme(url, "http"));
	bool weaker = web && ce_url_has_scheme(t->url, "https") && !ce_url_has_scheme(url, "https");
	if (web && !weaker)
		return url;
	free(url);
	fail(t, CCENV_ENET,
		weaker ? "the server redirects from https to plain http"
		       : "the server redirects to no web address",
		"check the channel's URL");
	return NULL;
}

static void follow(struct transfer *t, long status)
{
	if (++t->redirects > MAX_REDIRECTS) {
		fail(t, CCENV_ENET, "too many redirects", "check the channel's URL");
		finish_failed(t, status);
		return;
	}
	char *url = redirect_target(t);
	if (!url) {
		finish_failed(t, status);
		return;
	}
	free(t->url);
	t->url = url;
	requeue(t, 0);
}

static bool may_pass(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_SSL_CONNECT_ERROR:
		return true;
	default:
		return false;
	}
}

static const char *way_out_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return "check the network, http_proxy and https_proxy, or use --offline with a "
		       "filled cache";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "check http_proxy and https_proxy";
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "set SSL_CERT_FILE to a file with the certificates to trust";
	case CURLE_OPERATION_TIMEDOUT:
		return "try again later; CCENV_NET_TIMEOUT sets how many seconds a server may "
		       "stall";
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "check the channel's URL";
	default:
		return "try again later";
	}
}

/* Waits and tries again, if that may help; false when it will not. `cause` is for the log. */
static bool retry(struct transfer *t, const char *cause, curl_off_t retry_after_s)
{
	struct ce_downloader *d = t->d;
	int64_t delay = (int64_t)FIRST_RETRY_MS << t->tries;

	if (t->tries >= d->retries || retry_after_s > MAX_RETRY_AFTER_S)
		return false;
	if (retry_after_s > 0)
		delay = (int64_t)retry_after_s * 1000;
	else
		delay += now_ms() * 7919 % (delay / 4); /* many clients, not all at once */
	t->tries++;
	CE_CLEANUP(ce_freep) char *url = ce_url_redact(t->t.url);
	ce_log(d->events, delay >= 2000 ? CCENV_LOG_NOTICE : CCENV_LOG_INFO,
		"%s: %s; attempt %u of %u in %.1f s", url, cause, t->tries + 1, d->retries + 1,
		(double)delay / 1000);
	/* A long body is continued where it broke, if the server can say that it is still the same.
	 */
	bool resume = t->got >= t->t.resume_from + RESUME_MIN && t->etag && t->etag[0] == '"' &&
		      !t->no_range;
	char *etag = resume ? ce_strdup(t->etag) : NULL;
	requeue(t, delay);
	if (resume) {
		t->from = t->got;
		add_header(t, "If-Range", etag);
		free(etag);
		return true;
	}
	if (t->got == t->t.resume_from && !t->no_range)
		t->from = t->got;
	else
		t->from = 0;
	if (t->from == 0 && restart(t) < 0)
		finish_failed(t, 0);
	return true;
}

static void finish_status(struct transfer *t, long status)
{
	curl_off_t after = 0;
	char text[128];

	if ((status == 404 || status == 410 || status == 501) && t->t.missing_ok) {
		finish(t, 0, NULL, status);
		return;
	}
	if (status == 416 && t->from && !t->no_range) {
		/* What is on disk is no part of this file: begin anew. */
		t->no_range = true;
		t->from = 0;
		if (restart(t) < 0)
			finish_failed(t, status);
		else
			requeue(t, 0);
		return;
	}
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
	bool passing = status == 408 || status == 429 || (status >= 500 && status != 501);
	snprintf(text, sizeof(text), "the server answered %ld", status);
	if (passing && retry(t, text, after))
		return;
	if (status == 404 || status == 410) {
		snprintf(text, sizeof(text), "the server has no such file (status %ld)", status);
		fail(t, CCENV_ENOTFOUND, text,
			"check the channel, or lock again with `ccenv lock`");
	} else if (status == 401 || status == 403 || status == 407) {
		fail(t, CCENV_ENET, text,
			status == 407
				? "the proxy wants a user and password in http_proxy or https_proxy"
				: "it wants credentials: put them into ~/.rattler/credentials.json "
				  "or ~/.netrc");
	} else if (after > MAX_RETRY_AFTER_S) {
		snprintf(text, sizeof(text), "the server answered %ld and asks to wait %lld s",
			status, (long long)after);
		fail(t, CCENV_ENET, text, "try again after that time");
	} else {
		fail(t, CCENV_ENET, text, passing ? "try again later" : "check the channel's URL");
	}
	finish_failed(t, status);
}

static void finish_error(struct transfer *t, CURLcode code)
{
	const char *cause = t->curl_text[0] ? t->curl_text : curl_easy_strerror(code);
	long status = status_of(t);

	if (t->err.code < 0) { /* ours: a callback or a limit */
		finish_failed(t, status);
		return;
	}
	if (t->dropped) { /* an endless error page */
		finish_status(t, status);
		return;
	}
	if (may_pass(code) && retry(t, cause, 0))
		return;
	fail(t, CCENV_ENET, cause, way_out_of(code));
	finish_failed(t, status);
}

static void http_end(struct transfer *t, CURLcode code)
{
	if (code != CURLE_OK) {
		finish_error(t, code);
		return;
	}
	long status = status_of(t);
	if ((!t->checked && check_answer(t) < 0) || t->err.code < 0) {
		finish_failed(t, status);
		return;
	}
	if (status >= 300 && status < 400 && status != 304 && t->location) {
		follow(t, status);
	} else if (status == 304 && (t->t.if_none_match || t->t.if_modified_since)) {
		finish(t, 0, NULL, status);
	} else if (status == 200 || status == 206) {
		if (check_length(t))
			finish(t, 0, NULL, 200);
		else
			finish_failed(t, status);
	} else {
		finish_status(t, status);
	}
}

/* ---- the loop ---- */

static void start(struct transfer *t)
{
	if (ce_url_has_scheme(t->url, "file")) {
		file_start(t);
	} else if (!ce_url_has_scheme(t->url, "http") && !ce_url_has_scheme(t->url, "https")) {
		fail(t, CCENV_EUSAGE, "only file://, http:// and https:// are understood",
			"check the channel's URL");
		finish_failed(t, 0);
	} else if (t->d->offline) {
		fail(t, CCENV_EOFFLINE, "it is not in the cache, and --offline forbids the network",
			"run once without --offline");
		finish_failed(t, 0);
	} else {
		http_start(t);
	}
}

/* Starts what may start. Returns ms until the next one that waits for its time, or `max_ms`. */
static int64_t start_some(struct ce_downloader *d, int64_t max_ms)
{
	int64_t now = now_ms();

	for (struct transfer *t = d->first; t && d->running < d->parallel; t = t->next) {
		if (t->state != WAITING)
			continue;
		if (t->not_before <= now)
			start(t);
		else if (t->not_before - now < max_ms)
			max_ms = t->not_before - now;
	}
	return max_ms;
}

static void drop_finished(struct ce_downloader *d)
{
	struct transfer **p = &d->first;

	while (*p) {
		struct transfer *t = *p;
		if (t->state != FINISHED) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		transfer_free(t);
	}
	d->last = p;
}

static void reap(struct ce_downloader *d)
{
	CURLMsg *m;
	int n;

	while ((m = curl_multi_info_read(d->multi, &n)) != NULL) {
		void *t = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result; /* m is void once the handle is removed */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		http_end(t, code);
	}
}

static void step_files(struct ce_downloader *d)
{
	for (struct transfer *t = d->first; t && d->files; t = t->next) {
		if (t->state == RUNNING && t->fd >= 0)
			file_step(t);
	}
}

int ce_downloader_run(struct ce_downloader *d, int timeout_ms, struct ccenv_error *err)
{
	int64_t end = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;

	for (;;) {
		int active = 0;
		CURLMcode mc = d->multi ? curl_multi_perform(d->multi, &active) : CURLM_OK;

		if (mc == CURLM_OK && d->multi)
			reap(d);
		step_files(d);
		int left = d->left;
		int64_t wait = start_some(d, 1000);
		drop_finished(d);
		int64_t now = now_ms();
		if (mc == CURLM_OK && (d->left == 0 || now >= end))
			return d->left;
		if (end - now < wait)
			wait = end - now;
		/* A file has its next piece at once; what ended while starting has left its place
		 * to another. */
		if (d->files || d->left != left)
			wait = 0;
		if (mc == CURLM_OK && d->multi && wait)
			mc = curl_multi_poll(d->multi, NULL, 0, (int)wait, NULL);
		else if (wait)
			usleep((useconds_t)wait * 1000);
		if (mc != CURLM_OK)
			return ce_fail(err, CCENV_ENET, "libcurl stopped: %s; please report this",
				curl_multi_strerror(mc));
	}
}
