/* SPDX-License-Identifier: MIT */
/*
 * Loads the records that some names reach, and says what that cost: for measuring and for comparing
 * forms.
 *
 *     bench_sync [--form FORM] [--offline] [--dump] [-p SUBDIR] CACHE_DIR CHANNEL NAME…
 *
 * --dump writes every record as one line of JSON to stdout, so that two runs can be compared byte
 * by byte.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ccenv/ccenv.h"
#include "model/pkg_json.h"
#include "model/repodata.h"
#include "repodata/repodata_sync.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *env(const char *name)
{
	return getenv(name);
}

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	if ((int)level <= *(int *)user)
		fprintf(stderr, "%s\n", text);
}

static void dump(const struct ce_repodata *r)
{
	for (size_t i = 0; i < r->n; i++) {
		json_t *o = ce_pkg_to_json(&r->pkgs[i]);
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
	}
}

int main(int argc, char **argv)
{
	int level = CCENV_LOG_WARNING;
	struct ccenv_events events = {.user = &level, .log = on_log};
	const char *platform = "linux-64", *args[512];
	struct ce_repodata_query q = {.getenv_fn = env, .events = &events};
	struct ce_repodata *r = NULL;
	struct ccenv_error err;
	bool dumping = false;
	size_t n = 0;

	for (int i = 1; i < argc && n < 512; i++) {
		if (strcmp(argv[i], "--form") == 0 && i + 1 < argc)
			q.form = argv[++i];
		else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc)
			platform = argv[++i];
		else if (strcmp(argv[i], "--offline") == 0)
			q.offline = true;
		else if (strcmp(argv[i], "--dump") == 0)
			dumping = true;
		else if (strcmp(argv[i], "-v") == 0)
			level++;
		else
			args[n++] = argv[i];
	}
	if (n < 3) {
		fprintf(stderr, "usage: bench_sync [options] CACHE_DIR CHANNEL NAME...\n");
		return 2;
	}
	q.cache_dir = args[0];
	q.channels = &args[1];
	q.n_channels = 1;
	q.platforms = &platform;
	q.n_platforms = 1;
	q.names = &args[2];
	q.n_names = n - 2;
	double begin = now();
	if (ce_repodata_sync(&q, &r, &err) < 0) {
		fprintf(stderr, "error %d: %s\n", err.code, err.text);
		return 1;
	}
	double end = now();
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	if (dumping)
		dump(r);
	else
		printf("{\"records\":%zu,\"strings\":%zu,\"wall\":%.4f,\"cpu\":%.4f,\"rss_kib\":%ld}\n",
			r->n, r->arena.bytes, end - begin,
			(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
				(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
			u.ru_maxrss);
	ce_repodata_free(r);
	return 0;
}
