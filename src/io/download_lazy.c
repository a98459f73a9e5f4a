/* SPDX-License-Identifier: MIT */
/*
 * libcurl, loaded when the first transfer over http needs it. With the thirty libraries behind it,
 * it costs five milliseconds of every start, and most starts (a build whose environment is as it
 * should be) transfer nothing.
 *
 * Each curl_ function here has the name and type that <curl/curl.h> declares, and calls the
 * library's. They may be called after ce_transfer_load_curl() has said yes.
 */
#define CURL_DISABLE_TYPECHECK
#include "io/download_transfer.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>

#include "ccenv/ccenv.h"

/* On some versions these are macros around the functions. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define FUNCTIONS(f)                                                                               \
	f(easy_cleanup) f(easy_getinfo) f(easy_init) f(easy_setopt) f(easy_strerror) f(free)       \
		f(global_init) f(multi_add_handle) f(multi_cleanup) f(multi_info_read)             \
			f(multi_init) f(multi_perform) f(multi_poll) f(multi_remove_handle)        \
				f(multi_setopt) f(multi_strerror) f(slist_append)                  \
					f(slist_free_all) f(url) f(url_cleanup) f(url_get)         \
						f(url_set)

#define MEMBER(name) __typeof__(curl_##name) *name;
static struct {
	FUNCTIONS(MEMBER)
} curl;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
	/* Its name since 2006; its makers keep it compatible. Never unloaded. Lazily, as a program
	 * would be linked to it: most of what the libraries behind it call is not called here. */
	void *lib = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);

	if (!lib)
		return;
	loaded = true;
#define FIND(name)                                                                                 \
	curl.name = (__typeof__(curl_##name) *)dlsym(lib, "curl_" #name);                          \
	loaded = loaded && curl.name;
	FUNCTIONS(FIND)
	loaded = loaded && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool ce_transfer_load_curl(void)
{
	pthread_once(&once, load);
	return loaded;
}

/* ---- options: the type of the value is in the option's number ---- */

CURLcode curl_easy_setopt(CURL *e, CURLoption option, ...)
{
	CURLcode code;
	va_list ap;

	va_start(ap, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = curl.easy_setopt(e, option, va_arg(ap, long));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_OFF_T + 10000)
		code = curl.easy_setopt(e, option, va_arg(ap, curl_off_t));
	else
		code = curl.easy_setopt(e, option, va_arg(ap, void *));
	va_end(ap);
	return code;
}

CURLMcode curl_multi_setopt(CURLM *m, CURLMoption option, ...)
{
	CURLMcode code;
	va_list ap;

	va_start(ap, option);
	if ((int)option < CURLOPTTYPE_OBJECTPOINT)
		code = curl.multi_setopt(m, option, va_arg(ap, long));
	else
		code = curl.multi_setopt(m, option, va_arg(ap, void *));
	va_end(ap);
	return code;
}

/* All values are returned through a pointer. */
CURLcode curl_easy_getinfo(CURL *e, CURLINFO info, ...)
{
	CURLcode code;
	va_list ap;

	va_start(ap, info);
	code = curl.easy_getinfo(e, info, va_arg(ap, void *));
	va_end(ap);
	return code;
}

/* ---- the rest ---- */

#define FORWARD(type, name, parameters, arguments)                                                 \
	type curl_##name parameters                                                                \
	{                                                                                          \
		return curl.name arguments;                                                        \
	}

FORWARD(CURL *, easy_init, (void), ())

void curl_easy_cleanup(CURL *e)
{
	curl.easy_cleanup(e);
}

FORWARD(const char *, easy_strerror, (CURLcode code), (code))
FORWARD(CURLM *, multi_init, (void), ())

CURLMcode curl_multi_cleanup(CURLM *m)
{
	/* Also called by those who never made one. */
	return m ? curl.multi_cleanup(m) : CURLM_OK;
}

FORWARD(CURLMcode, multi_add_handle, (CURLM * m, CURL *e), (m, e))
FORWARD(CURLMcode, multi_remove_handle, (CURLM * m, CURL *e), (m, e))
FORWARD(CURLMcode, multi_perform, (CURLM * m, int *running), (m, running))
FORWARD(CURLMcode, multi_poll,
	(CURLM * m, struct curl_waitfd *fds, unsigned n, int timeout_ms, int *ret),
	(m, fds, n, timeout_ms, ret))
FORWARD(CURLMsg *, multi_info_read, (CURLM * m, int *left), (m, left))
FORWARD(const char *, multi_strerror, (CURLMcode code), (code))
FORWARD(struct curl_slist *, slist_append, (struct curl_slist * list, const char *text),
	(list, text))

void curl_slist_free_all(struct curl_slist *list)
{
	if (list)
		curl.slist_free_all(list);
}

FORWARD(CURLU *, url, (void), ())

void curl_url_cleanup(CURLU *u)
{
	curl.url_cleanup(u);
}

FORWARD(CURLUcode, url_get, (CURLU * u, CURLUPart part, char **ret, unsigned flags),
	(u, part, ret, flags))
FORWARD(CURLUcode, url_set, (CURLU * u, CURLUPart part, const char *text, unsigned flags),
	(u, part, text, flags))

void curl_free(void *p)
{
	if (p)
		curl.free(p);
}
