/* SPDX-License-Identifier: MIT */
/*
 * The solver, by text cases: tests/solve/<name>.t. A case is lines of
 *
 *     platform P                   (default linux-64)
 *     records P                    of conda-forge for the platform P: those of tests/parity
 *     channels A B                 of the request; the first has priority (default conda-forge)
 *     channel A                    of the packages that follow
 *     package NAME VERSION BUILD [number N] [date YYYY-MM-DD] [track FEATURES]
 *     	                       [indexed YYYY-MM-DD]
 *     	depends SPEC
 *     	constrains SPEC
 *     	extra GROUP SPEC        of extra_depends
 *     	flags FLAG
 *     virtual NAME VERSION [BUILD]
 *     request SPEC                 pin SPEC
 *     exclude-newer DATE           except NAME DATE|-
 *     strategy lowest|lowest-direct
 *     priority flexible|disabled
 *     locked NAME VERSION BUILD    what the old lock has
 *     expect                       then the answer, a line each: NAME VERSION BUILD [CHANNEL]
 *     explain                      or: then the explanation, to the end of the file
 *
 * and comments after "#". Each case is solved several times with its records and its requests in
 * other orders: what comes out must not change. scripts/update-expected solve writes what
 * came out into the cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "corpus.h"
#include "expected.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/libsolv.h"
#include "solve/problem.h"
#include "solve/resolvo.h"
#include "solve/solve.h"
#include "spec/channel.h"

struct solve_case {
	const char *path;
	json_t *request;  /* for corpus_request() */
	json_t *channels; /* name -> repodata object */
	json_t *locked;   /* of texts: name, version, build */
	const char *channel;
	const char *records; /* platform of the real records, or NULL */
	json_t *record;      /* the last package */
	char *want;          /* what follows "expect" or "explain" */
	bool wants_explanation;
};

static json_int_t date_of(const char *text)
{
	struct tm tm = {0};

	if (!strptime(text, "%Y-%m-%d", &tm))
		fail_msg("\"%s\" is no date", text);
	return (json_int_t)timegm(&tm) * 1000;
}

static void append(json_t *o, const char *key, const char *text)
{
	if (!json_object_get(o, key))
		json_object_set_new(o, key, json_array());
	json_array_append_new(json_object_get(o, key), json_string(text));
}

/* The next word of *line, or NULL. */
static char *word(char **line)
{
	char *w;

	while ((w = strsep(line, " ")) && !*w)
		;
	return w;
}

static void read_package(struct solve_case *c, char *line)
{
	json_t *r = json_object(), *repodata, *section;
	const char *name = word(&line), *version = word(&line), *build = word(&line), *key;
	CE_AUTOFREE char *fn = ce_asprintf("%s-%s-%s.conda", name, version, build);

	json_object_set_new(r, "name", json_string(name));
	json_object_set_new(r, "version", json_string(version));
	json_object_set_new(r, "build", json_string(build));
	json_object_set_new(r, "build_number", json_integer(0));
	while ((key = word(&line))) {
		const char *value = word(&line);

		if (strcmp(key, "number") == 0)
			json_object_set_new(
				r, "build_number", json_integer(strtoll(value, NULL, 10)));
		else if (strcmp(key, "date") == 0)
			json_object_set_new(r, "timestamp", json_integer(date_of(value)));
		else if (strcmp(key, "indexed") == 0)
			json_object_set_new(r, "indexed_timestamp", json_integer(date_of(value)));
		else if (strcmp(key, "track") == 0)
			json_object_set_new(r, "track_features", json_string(value));
		else
			fail_msg("%s: package %s: \"%s\"", c->path, name, key);
	}
	repodata = json_object_get(c->channels, c->channel);
	if (!repodata) {
		json_object_set_new(c->channels, c->channel, json_pack("{s:{}}", "packages.conda"));
		repodata = json_object_get(c->channels, c->channel);
	}
	section = json_object_get(repodata, "packages.conda");
	json_object_set_new(section, fn, r);
	c->record = r;
}

static void read_extra(struct solve_case *c, char *line)
{
	const char *group = word(&line);

	if (!json_object_get(c->record, "extra_depends"))
		json_object_set_new(c->record, "extra_depends", json_object());
	append(json_object_get(c->record, "extra_depends"), group, line);
}

static void read_virtual(struct solve_case *c, char *line)
{
	const char *name = word(&line), *version = word(&line), *build = word(&line);

	if (!json_object_get(c->request, "virtuals"))
		json_object_set_new(c->request, "virtuals", json_array());
	json_array_append_new(json_object_get(c->request, "virtuals"),
		json_pack("[sss]", name, version, build ? build : "0"));
}

static void read_exception(struct solve_case *c, char *line)
{
	const char *name = word(&line), *date = word(&line);

	if (!json_object_get(c->request, "exceptions"))
		json_object_set_new(c->request, "exceptions", json_object());
	json_object_set_new(json_object_get(c->request, "exceptions"), name,
		json_integer(strcmp(date, "-") == 0 ? 0 : date_of(date)));
}

static void read_line(struct solve_case *c, char *line, struct ce_arena *a)
{
	char *key = word(&line), *w;

	if (strcmp(key, "platform") == 0 || strcmp(key, "records") == 0) {
		json_object_set_new(c->request, "platform", json_string(line));
		if (*key == 'r')
			c->records = ce_arena_strdup(a, line);
	} else if (strcmp(key, "channels") == 0)
		while ((w = word(&line)))
			append(c->request, "channels", w);
	else if (strcmp(key, "channel") == 0)
		c->channel = ce_arena_strdup(a, line);
	else if (strcmp(key, "package") == 0)
		read_package(c, line);
	else if (strcmp(key, "\tdepends") == 0 || strcmp(key, "\tconstrains") == 0 ||
		 strcmp(key, "\tflags") == 0)
		append(c->record, key + 1, line);
	else if (strcmp(key, "\textra") == 0)
		read_extra(c, line);
	else if (strcmp(key, "virtual") == 0)
		read_virtual(c, line);
	else if (strcmp(key, "request") == 0)
		append(c->request, "specs", line);
	else if (strcmp(key, "pin") == 0)
		append(c->request, "pins", line);
	else if (strcmp(key, "exclude-newer") == 0)
		json_object_set_new(c->request, "exclude_newer", json_integer(date_of(line)));
	else if (strcmp(key, "except") == 0)
		read_exception(c, line);
	else if (strcmp(key, "strategy") == 0 || strcmp(key, "priority") == 0)
		json_object_set_new(c->request, key, json_string(line));
	else if (strcmp(key, "locked") == 0)
		json_array_append_new(c->locked, json_string(line));
	else
		fail_msg("%s: \"%s\"", c->path, key);
}

static void read_case(struct solve_case *c, const char *path, struct ce_arena *a)
{
	struct ce_buf text = {0};
	struct ccenv_error err;
	char *line, *next;

	if (ce_fs_read(path, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.text);
	*c = (struct solve_case){.path = path,
		.channel = "conda-forge",
		.request = json_pack("{s:s}", "platform", "linux-64"),
		.channels = json_object(),
		.locked = json_array()};
	for (line = text.data; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		if (strcmp(line, "expect") == 0 || strcmp(line, "explain") == 0) {
			c->wants_explanation = strcmp(line, "explain") == 0;
			c->want = ce_strdup(next);
			break;
		}
		if (*line && *line != '#')
			read_line(c, line, a);
	}
	ce_buf_release(&text);
	if (!c->want)
		fail_msg("%s: neither \"expect\" nor \"explain\"", path);
}

static void release_case(struct solve_case *c)
{
	json_decref(c->request);
	json_decref(c->channels);
	json_decref(c->locked);
	free(c->want);
}

/* Steps through the orders of a list in some way that the case's result must not notice. */
static void shuffle(void *items, size_t n, size_t size, unsigned seed)
{
	CE_AUTOFREE char *tmp = ce_alloc(size);
	char *at = items;

	for (size_t i = n; seed && i > 1; i--) {
		size_t k;

		seed = seed * 1103515245u + 12345u;
		k = (seed >> 16) % i;
		memcpy(tmp, at + (i - 1) * size, size);
		memcpy(at + (i - 1) * size, at + k * size, size);
		memcpy(at + k * size, tmp, size);
	}
}

static struct ce_repodata *make_repodata(const struct solve_case *c, unsigned seed)
{
	struct ce_repodata *r = ce_repodata_new();
	struct ce_arena a = {0};
	const char *name;
	json_t *repodata;

	json_object_foreach (c->channels, name, repodata)
		corpus_add(r, repodata, corpus_channel(name, &a), "linux-64");
	ce_arena_release(&a);
	shuffle(r->pkgs, r->n, sizeof(*r->pkgs), seed);
	ce_repodata_finish(r);
	return r;
}

/* The records of a case in the order `seed`; those of conda-forge are loaded once, and stay. */
static struct ce_repodata *get_repodata(const struct solve_case *c, unsigned seed)
{
	static struct ce_map loaded;
	CE_AUTOFREE char *key = NULL;
	struct ce_repodata *r;

	if (!c)
		for (size_t i = 0; i < loaded.n; i++)
			ce_repodata_free(loaded.entries[i].value);
	if (!c) {
		ce_map_release(&loaded);
		return NULL;
	}
	if (!c->records)
		return make_repodata(c, seed);
	key = ce_asprintf("%s %u", c->records, seed);
	r = ce_map_get(&loaded, key);
	if (!r) {
		r = corpus_load_platform(TEST_DATA "/parity/conda-forge", c->records);
		shuffle(r->pkgs, r->n, sizeof(*r->pkgs), seed);
		ce_repodata_finish(r);
		ce_map_set(&loaded, key, r);
	}
	return r;
}

static void find_locked(
	const struct solve_case *c, const struct ce_repodata *r, struct ce_request *q)
{
	const json_t *e;
	size_t i;

	q->locked = ce_arena_array(&q->arena, json_array_size(c->locked), sizeof(*q->locked));
	json_array_foreach (c->locked, i, e) {
		for (size_t k = 0; k < r->n; k++) {
			const struct ce_pkg *p = &r->pkgs[k];
			CE_AUTOFREE char *s =
				ce_asprintf("%s %s %s", p->name, p->version, p->build);

			if (strcmp(s, json_string_value(e)) == 0)
				q->locked[q->n_locked++] = p;
		}
	}
}

/* Sets the place that each record's channel has in the request, as loading an index does. */
static void rank_channels(struct ce_repodata *r, const struct ce_request *q)
{
	for (size_t i = 0; i < r->n; i++) {
		unsigned rank = 0;

		while (rank < q->n_channels && strcmp(q->channels[rank], r->pkgs[i].channel) != 0)
			rank++;
		r->pkgs[i].channel_rank = rank;
	}
}

static void print_solution(const struct ce_solution *s, bool with_channel, struct ce_buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct ce_pkg *p = s->pkgs[i];

		ce_buf_addf(out, "%s %s %s", p->name, p->version, p->build);
		if (with_channel)
			ce_buf_addf(out, " %s", ce_channel_name(p->channel));
		ce_buf_addc(out, '\n');
	}
}

static bool has_pkg(const struct ce_solution *s, const struct ce_pkg *pkg)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->pkgs[i] == pkg)
			return true;
	return false;
}

static bool has_conditions(const struct ce_problem *p)
{
	for (size_t i = 0; i < p->n_reached; i++)
		for (size_t d = 0; d < p->reached[i]->n_depends; d++)
			if (ce_candidate_is_conditional(p->reached[i], d))
				return true;
	return false;
}

/*
 * libsolv is given the proposed solution, or a core, and no more. Given everything it must say the
 * same: the solution, or (NULL) that there is none.
 */
static void check_with_everything(const struct solve_case *c, const struct ce_request *q,
	const struct ce_repodata *repodata, const struct ce_solution *s)
{
	CE_CLEANUP(ce_problem_freep) struct ce_problem *problem = NULL;
	CE_CLEANUP(ce_libsolv_freep) struct ce_libsolv *solver = NULL;
	enum ce_resolvo_result found;
	struct ccenv_error err;
	size_t n = 0;

	if (ce_problem_new(q, repodata, &problem, &err) < 0)
		fail_msg("%s: %s", c->path, err.text);
	problem->steps_left = 1000 * 1000;
	found = ce_resolvo_solve(problem);
	/* libsolv would go on for ever, and takes what is under a condition for what always counts. */
	if (found == CE_RESOLVO_GAVE_UP || has_conditions(problem))
		return;
	if ((found == CE_RESOLVO_SOLVED) != (s != NULL))
		fail_msg("%s: resolvo and the result disagree", c->path);
	solver = ce_libsolv_new(problem);
	if (ce_libsolv_solve(solver) != (s != NULL))
		fail_msg("%s: libsolv, given everything, says otherwise", c->path);
	for (size_t i = 0; s && i < problem->n_reached; i++) {
		const struct ce_candidate *candidate = problem->reached[i];

		if (candidate->name->is_virtual || !ce_libsolv_has(solver, candidate))
			continue;
		if (!has_pkg(s, candidate->pkg))
			fail_msg("%s: libsolv, given everything, takes %s", c->path,
				candidate->pkg->fn);
		n++;
	}
	if (s)
		assert_int_equal(n, s->n);
}

static void solve_case(const struct solve_case *c, unsigned seed, struct ce_buf *out)
{
	struct ce_repodata *repodata = get_repodata(c, seed);
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	struct ccenv_error err;
	int r = corpus_request(c->request, &q, &err);

	if (r < 0)
		fail_msg("%s: %s", c->path, err.text);
	shuffle(q->specs, q->n_specs, sizeof(*q->specs), seed);
	ce_request_sort_specs(q);
	rank_channels(repodata, q);
	find_locked(c, repodata, q);
	r = ce_solve(q, repodata, &s, NULL, &err);
	if (r == 0)
		print_solution(s, json_object_size(c->channels) > 1, out);
	else
		ce_buf_addf(out, "%s\n", err.text);
	if ((r < 0) != c->wants_explanation)
		fail_msg("%s:\n%s", c->path, ce_buf_str(out));
	if (seed == 0)
		check_with_everything(c, q, repodata, s);
	if (!c->records)
		ce_repodata_free(repodata);
}

static void update_case(const struct solve_case *c, const char *text)
{
	struct ce_buf old = {0}, new = {0};
	struct ccenv_error err;

	if (ce_fs_read(c->path, 1 << 20, &old, &err) < 0)
		fail_msg("%s", err.text);
	ce_buf_add(&new, old.data, old.len - strlen(c->want));
	ce_buf_adds(&new, text);
	if (ce_fs_replace(c->path, new.data, new.len, NULL, &err) < 0)
		fail_msg("%s", err.text);
	ce_buf_release(&old);
	ce_buf_release(&new);
}

static void test_case(void **state)
{
	const char *path = *state;
	struct ce_arena arena = {0};
	struct solve_case c;
	unsigned n_orders;

	read_case(&c, path, &arena);
	n_orders = c.records || strstr(c.want, "search limit") ? 2 : 5;
	for (unsigned seed = 0; seed < n_orders; seed++) {
		struct ce_buf out = {0};

		solve_case(&c, seed, &out);
		if (expected_is_updated() && seed == 0) {
			update_case(&c, ce_buf_str(&out));
			free(c.want);
			c.want = ce_strdup(ce_buf_str(&out));
		}
		if (strcmp(ce_buf_str(&out), c.want) != 0)
			fail_msg("%s: expected\n%sgot (order %u)\n%s", path, c.want, seed,
				ce_buf_str(&out));
		ce_buf_release(&out);
	}
	release_case(&c);
	ce_arena_release(&arena);
}

/* The explanation for programs, whole. */
static void test_explanation_as_json(void **state)
{
	static const char want[] =
		"{\"message\":\"no set of packages satisfies the request\",\"causes\":["
		"{\"text\":\"a is requested\",\"kind\":\"requested\",\"package\":\"a\","
		"\"causes\":["
		"{\"text\":\"a 2.0, 1.0 needs __cuda, which is assumed to be absent\","
		"\"kind\":\"needs\",\"package\":\"a\",\"versions\":[\"2.0\",\"1.0\"],"
		"\"specs\":[\"__cuda\"]}]}],"
		"\"hints\":[\"No NVIDIA driver is assumed. If the target machine has one, declare the CUDA version that it supports: \\\"system-requirements\\\": {\\\"cuda\\\": \\\"13.0\\\"}.\"]}";
	CE_CLEANUP(ce_json_decrefp)
	json_t *request = json_pack("{s:s,s:[s]}", "platform", "linux-64", "specs", "a");
	CE_CLEANUP(ce_json_decrefp)
	json_t *records = json_pack("{s:{s:{s:s,s:s,s:s,s:[s]},s:{s:s,s:s,s:s,s:[s]}}}",
		"packages.conda", "a-1.0-0.conda", "name", "a", "version", "1.0", "build", "0",
		"depends", "__cuda", "a-2.0-0.conda", "name", "a", "version", "2.0", "build", "0",
		"depends", "__cuda");
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *repodata = ce_repodata_new();
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	CE_CLEANUP(ce_json_decrefp) json_t *explanation = NULL;
	CE_AUTOFREE char *got = NULL;
	struct ccenv_error err;

	(void)state;
	corpus_add(repodata, records, "https://conda.anaconda.org/conda-forge", "linux-64");
	ce_repodata_finish(repodata);
	assert_int_equal(corpus_request(request, &q, &err), 0);
	assert_int_equal(ce_solve(q, repodata, &s, &explanation, &err), CCENV_ENOSOLUTION);
	assert_null(s);
	got = json_dumps(explanation, JSON_COMPACT);
	assert_string_equal(got, want);
}

/* Who requests a name of which no record could be read hears of the record, and why. */
static void test_unusable_record(void **state)
{
	static const char want[] =
		"no set of packages satisfies the request\n"
		"└─ dill is requested, but no channel has it\n"
		"   └─ not usable: dill-1.0-0.conda: depends: expected a list of strings, found a string";
	CE_CLEANUP(ce_json_decrefp)
	json_t *request = json_pack("{s:s,s:[s]}", "platform", "linux-64", "specs", "dill");
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *repodata = ce_repodata_new();
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	struct ce_refused refused[] = {
		{.name = "other", .why = "other-1.0-0.conda: no version"},
		{.name = "dill",
			.why = "dill-1.0-0.conda: depends: expected a list of strings, found a string"},
	};
	struct ccenv_error err;

	(void)state;
	repodata->refused = refused;
	repodata->n_refused = 2;
	assert_int_equal(corpus_request(request, &q, &err), 0);
	assert_int_equal(ce_solve(q, repodata, &s, NULL, &err), CCENV_ENOSOLUTION);
	assert_string_equal(err.text, want);
	repodata->refused = NULL;
	repodata->n_refused = 0;
}

enum {
	N_THREADS = 4
};

struct job {
	pthread_t thread;
	const json_t *request;
	const struct ce_repodata *repodata;
	struct ce_buf out;
};

static void *run_job(void *arg)
{
	struct job *job = arg;
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	struct ccenv_error err = {0};

	if (corpus_request(job->request, &q, &err) < 0 ||
		ce_solve(q, job->repodata, &s, NULL, &err) < 0)
		ce_buf_adds(&job->out, err.text);
	else
		print_solution(s, false, &job->out);
	return NULL;
}

/* Platforms are solved side by side: requests share the records and nothing else. */
static void test_threads(void **state)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *requests = json_pack("[{s:s,s:[ss]},{s:s,s:[ss]},{s:s,s:[s]},{s:s,s:[ss]}]",
		"platform", "linux-64", "specs", "cuda-nvcc-impl", "cuda-version 13.0.*",
		"platform", "linux-64", "specs", "cupy", "python 3.12.*", "platform", "linux-64",
		"specs", "cuda-version 12.7.*", "platform", "linux-64", "specs",
		"cuda-nvcc-impl 12.9.*", "gxx_linux-64 15.*");
	const struct solve_case real = {.records = "linux-64"};
	const struct ce_repodata *repodata = get_repodata(&real, 0);
	struct job alone[N_THREADS] = {0}, together[N_THREADS] = {0};

	(void)state;
	for (size_t i = 0; i < N_THREADS; i++) {
		alone[i] = together[i] =
			(struct job){.request = json_array_get(requests, i), .repodata = repodata};
		run_job(&alone[i]);
	}
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(
			pthread_create(&together[i].thread, NULL, run_job, &together[i]), 0);
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_join(together[i].thread, NULL), 0);
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_string_equal(ce_buf_str(&together[i].out), ce_buf_str(&alone[i].out));
		ce_buf_release(&alone[i].out);
		ce_buf_release(&together[i].out);
	}
}

static int is_case(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 2 && strcmp(e->d_name + n - 2, ".t") == 0;
}

int main(void)
{
	struct dirent **entries;
	int n = scandir(TEST_DATA "/solve", &entries, is_case, alphasort), failed;
	struct CMUnitTest *tests;

	if (n <= 0)
		return 1;
	tests = ce_calloc((size_t)n + 3, sizeof(*tests));
	for (int i = 0; i < n; i++) {
		tests[i].name = entries[i]->d_name;
		tests[i].test_func = test_case;
		tests[i].initial_state = ce_asprintf(TEST_DATA "/solve/%s", entries[i]->d_name);
	}
	tests[n] = (struct CMUnitTest)cmocka_unit_test(test_explanation_as_json);
	tests[n + 1] = (struct CMUnitTest)cmocka_unit_test(test_unusable_record);
	tests[n + 2] = (struct CMUnitTest)cmocka_unit_test(test_threads);
	failed = _cmocka_run_group_tests("solve", tests, (size_t)n + 3, NULL, NULL);
	for (int i = 0; i < n; i++) {
		free(tests[i].initial_state);
		free(entries[i]);
	}
	free(entries);
	free(tests);
	get_repodata(NULL, 0);
	return failed;
}
