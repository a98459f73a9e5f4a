/* SPDX-License-Identifier: MIT */
/*
 * Solves recorded requests and compares with the recorded answers of another client.
 *
 *     parity DIR [FILTER]
 *     parity CORPUS REQUESTS ANSWERS [FILTER]
 *
 * DIR is laid out as README.md beside this file says. FILTER picks the ids that contain it. Prints
 * each difference, then "equal / total"; with VERBOSE in the environment the time of each request,
 * too.
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
		CE_AUTOFREE char *s = ce_asprintf("%s=%s=%s", p->name, p->version, p->build);

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

static bool compare(const json_t *o, const json_t *answer, const struct ce_repodata *repodata)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	const char *id = json_string_value(json_object_get(o, "id"));
	struct ccenv_error err = {0};
	double t = now();
	int r = corpus_request(o, &q, &err);

	if (r >= 0)
		r = ce_solve(q, repodata, &s, NULL, &err);
	t = now() - t;
	if (getenv("VERBOSE"))
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

static int run(
	const char *corpus, const json_t *requests, const json_t *answers, const char *filter)
{
	struct ce_map loaded = {0};
	size_t i, equal = 0, total = 0;
	double t = now();
	const json_t *o;

	json_array_foreach ((json_t *)requests, i, o) {
		const char *id = json_string_value(json_object_get(o, "id"));
		const char *platform = json_string_value(json_object_get(o, "platform"));

		if (filter && !strstr(id, filter))
			continue;
		if (!ce_map_get(&loaded, platform))
			ce_map_set(&loaded, platform, corpus_load_platform(corpus, platform));
		total++;
		equal += compare(o, json_object_get(answers, id), ce_map_get(&loaded, platform));
	}
	printf("equal %zu / %zu in %.1f s\n", equal, total, now() - t);
	for (i = 0; i < loaded.n; i++)
		ce_repodata_free(loaded.entries[i].value);
	ce_map_release(&loaded);
	return total && equal == total ? 0 : 1;
}

int main(int argc, char **argv)
{
	CE_CLEANUP(ce_json_decrefp) json_t *requests = NULL, *answers = NULL;
	CE_AUTOFREE char *corpus = NULL, *questions = NULL, *known = NULL;

	if (argc == 2 || argc == 3) {
		corpus = ce_asprintf("%s/conda-forge", argv[1]);
		questions = ce_asprintf("%s/requests.json", argv[1]);
		known = ce_asprintf("%s/answers.json.zst", argv[1]);
	} else if (argc == 4 || argc == 5) {
		corpus = ce_strdup(argv[1]);
		questions = ce_strdup(argv[2]);
		known = ce_strdup(argv[3]);
	} else {
		fprintf(stderr, "usage: parity DIR [FILTER]\n"
				"       parity CORPUS REQUESTS ANSWERS [FILTER]\n");
		return 2;
	}
	requests = corpus_read(questions);
	answers = corpus_read(known);
	return run(corpus, requests, answers, argc % 2 ? argv[argc - 1] : NULL);
}
