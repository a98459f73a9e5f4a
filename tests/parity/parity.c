/* SPDX-License-Identifier: MIT */
/*
 * Solves recorded requests and compares with the recorded answers of another client.
 *
 *     parity CORPUS ANSWERS.json [FILTER]
 *
 * ANSWERS is a list of requests (see corpus.h), each with "id" and "answer": a sorted list of
 * name=version=build, or null where there was none. Prints each difference, then "equal / total".
 * FILTER picks ids that contain it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "corpus.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/solve.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Prints "- theirs" and "+ ours" for what differs; returns how many lines. */
static size_t diff(const struct ce_solution *ours, const json_t *theirs, bool print)
{
	struct ce_map a = {0}, b = {0};
	size_t n = 0, i;
	const json_t *e;

	for (i = 0; ours && i < ours->n; i++) {
		const struct ce_pkg *p = ours->pkgs[i];
		CE_CLEANUP(ce_freep)
		char *s = ce_asprintf("%s=%s=%s", p->name, p->version, p->build);

		ce_map_insert(&a, s);
	}
	json_array_foreach ((json_t *)theirs, i, e)
		ce_map_insert(&b, json_string_value(e));
	for (i = 0; i < b.n; i++)
		if (!ce_map_has(&a, b.entries[i].key) && ++n && print)
			printf("    - %s\n", b.entries[i].key);
	for (i = 0; i < a.n; i++)
		if (!ce_map_has(&b, a.entries[i].key) && ++n && print)
			printf("    + %s\n", a.entries[i].key);
	ce_map_release(&a);
	ce_map_release(&b);
	return n;
}

static bool compare(const json_t *o, const struct ce_repodata *repodata, bool verbose)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	const char *id = json_string_value(json_object_get(o, "id"));
	const json_t *answer = json_object_get(o, "answer");
	struct ccenv_error err = {0};
	double t = now();
	int r = corpus_request(o, &q, &err);

	if (r >= 0)
		r = ce_solve(q, repodata, &s, NULL, &err);
	t = now() - t;
	if (verbose)
		printf("%s: %.0f ms, %zu packages\n", id, t * 1e3, s ? s->n : 0);
	if (r < 0 && r != CCENV_ENOSOLUTION) {
		printf("%s: %s\n", id, err.text);
		return false;
	}
	if ((r < 0) != json_is_null(answer)) {
		printf("%s: %s\n", id, r < 0 ? err.text : "solved, but there should be no answer");
		return false;
	}
	if (diff(s, answer, false) == 0)
		return true;
	printf("%s\n", id);
	diff(s, answer, true);
	return false;
}

int main(int argc, char **argv)
{
	CE_CLEANUP(ce_json_decrefp) json_t *answers = NULL;
	struct ce_map loaded = {0};
	struct ccenv_error err;
	size_t i, equal = 0, total = 0;
	const json_t *o;
	double t;

	if (argc < 3 || ce_json_read(argv[2], (size_t)1 << 28, &answers, &err) < 0) {
		fprintf(stderr, "usage: parity CORPUS ANSWERS.json [FILTER]\n");
		return 2;
	}
	t = now();
	json_array_foreach (answers, i, o) {
		const char *platform = json_string_value(json_object_get(o, "platform"));

		if (argc > 3 && !strstr(json_string_value(json_object_get(o, "id")), argv[3]))
			continue;
		if (!ce_map_get(&loaded, platform))
			ce_map_set(&loaded, platform, corpus_load_platform(argv[1], platform));
		total++;
		equal += compare(o, ce_map_get(&loaded, platform), getenv("VERBOSE") != NULL);
	}
	printf("equal %zu / %zu in %.1f s\n", equal, total, now() - t);
	for (i = 0; i < loaded.n; i++)
		ce_repodata_free(loaded.entries[i].value);
	ce_map_release(&loaded);
	return equal == total ? 0 : 1;
}
