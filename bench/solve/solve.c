/* SPDX-License-Identifier: MIT */
/*
 * Solves requests and says what that cost: bench_solve CORPUS REQUESTS TIMES [FILTER]
 *
 *     load   PLATFORM  ms               its records, once
 *     solve  ID        ms    PACKAGES   the median of TIMES; "-" for no answer
 *     peak   MiB                        of the process
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "corpus.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/solve.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double da = *(const double *)a, db = *(const double *)b;

	return (da > db) - (da < db);
}

static void measure(const struct ce_request *q, const struct ce_repodata *repodata, const char *id,
	size_t times)
{
	CE_AUTOFREE double *took = ce_calloc(times, sizeof(*took));
	CE_AUTOFREE char *packages = ce_strdup("-");
	struct ccenv_error err;

	for (size_t i = 0; i < times; i++) {
		CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
		double start = now_ms();
		int r = ce_solve(q, repodata, &s, NULL, &err);

		took[i] = now_ms() - start;
		free(packages);
		packages = r < 0 ? ce_strdup("-") : ce_asprintf("%zu", s->n);
	}
	qsort(took, times, sizeof(*took), by_value);
	printf("solve\t%s\t%.1f\t%s\n", id, took[times / 2], packages);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	CE_CLEANUP(ce_json_decrefp) json_t *requests = NULL;
	struct ce_map loaded = {0};
	struct rusage usage;
	const json_t *o;
	size_t i;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: bench_solve CORPUS REQUESTS TIMES [FILTER]\n");
		return 2;
	}
	requests = corpus_read(argv[2]);
	json_array_foreach (requests, i, o) {
		const char *id = json_string_value(json_object_get(o, "id"));
		const char *platform = json_string_value(json_object_get(o, "platform"));
		CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
		struct ccenv_error err;

		if (argc == 5 && !strstr(id, argv[4]))
			continue;
		if (!ce_map_get(&loaded, platform)) {
			double start = now_ms();

			ce_map_set(&loaded, platform, corpus_load_platform(argv[1], platform));
			printf("load\t%s\t%.1f\n", platform, now_ms() - start);
		}
		if (corpus_request(o, &q, &err) < 0) {
			fprintf(stderr, "%s: %s\n", id, err.text);
			return 1;
		}
		measure(q, ce_map_get(&loaded, platform), id, strtoul(argv[3], NULL, 10));
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("peak\t%ld\n", usage.ru_maxrss / 1024);
	for (i = 0; i < loaded.n; i++)
		ce_repodata_free(loaded.entries[i].value);
	ce_map_release(&loaded);
	return 0;
}
