/* SPDX-License-Identifier: MIT */
/*
 * Runs targets over their corpora without libFuzzer:
 *
 *     fuzz_replay CORPUS [TARGET [MUTATIONS]]
 *
 * CORPUS holds a directory for each target. Each input is tried as it is, and MUTATIONS times [40]
 * changed at random, the same way on each run. FILE instead of CORPUS, with a TARGET, is one input.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"

struct target {
	const char *name;
	void (*run)(const char *data, size_t size);
};

#define FUZZ_ROW(name) {#name, fuzz_##name},
static const struct target targets[] = {FUZZ_TARGETS(FUZZ_ROW)};

static uint64_t state = 88172645463325252ULL;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void insert(struct ce_buf *b, size_t at, const char *word)
{
	struct ce_buf out = {0};

	ce_buf_add(&out, b->data, at);
	ce_buf_adds(&out, word);
	ce_buf_add(&out, b->data + at, b->len - at);
	ce_buf_release(b);
	*b = out;
}

static void mutate(struct ce_buf *b)
{
	static const char *const words[] = {"\"", "\\", "{", "}", "[", "]", ",", "null", "\\u0041",
		"\xdf\xff\xff\xff\xff", "-1", "../", "\n", "=", "99999999999999999999"};
	size_t at = next_random() % b->len, len = 1 + next_random() % 8;

	switch (next_random() % 5) {
	case 0:
		b->data[at] ^= (char)(1 << next_random() % 8);
		break;
	case 1:
		b->len = 1 + at;
		break;
	case 2:
		if (at + len >= b->len)
			break;
		memmove(b->data + at, b->data + at + len, b->len - at - len);
		b->len -= len;
		break;
	case 3:
		b->data[at] = (char)next_random();
		break;
	default:
		insert(b, at, words[next_random() % CE_COUNT(words)]);
		break;
	}
}

/* A copy of its own, so that a sanitizer sees what is read behind its end. */
static void run_exactly(const struct target *t, const struct ce_buf *b)
{
	char *copy = ce_alloc(b->len + (b->len == 0));

	if (b->len)
		memcpy(copy, b->data, b->len);
	t->run(copy, b->len);
	free(copy);
}

static void run_file(const struct target *t, const char *path, unsigned long mutations)
{
	struct ce_buf text = {0};
	struct ccenv_error err;

	if (ce_fs_read(path, 16 << 20, &text, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	run_exactly(t, &text);
	for (unsigned long i = 0; i < mutations && text.len; i++) {
		struct ce_buf b = {0};

		ce_buf_add(&b, text.data, text.len);
		for (uint64_t m = 1 + next_random() % 6; m && b.len; m--)
			mutate(&b);
		run_exactly(t, &b);
		ce_buf_release(&b);
	}
	ce_buf_release(&text);
}

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* Returns how many inputs there are. */
static int run_corpus(const struct target *t, const char *corpus, unsigned long mutations)
{
	CE_AUTOFREE char *dir = ce_asprintf("%s/%s", corpus, t->name);
	struct dirent **entries;
	int n = scandir(dir, &entries, is_input, alphasort);

	for (int i = 0; i < n; i++) {
		CE_AUTOFREE char *path = ce_asprintf("%s/%s", dir, entries[i]->d_name);

		run_file(t, path, mutations);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	printf("%-12s %4d inputs\n", t->name, n);
	return n;
}

int main(int argc, char **argv)
{
	unsigned long mutations = argc > 3 ? strtoul(argv[3], NULL, 10) : 40;
	bool is_found = false;
	struct stat st;

	if (argc < 2 || stat(argv[1], &st) < 0) {
		fprintf(stderr, "usage: fuzz_replay CORPUS|FILE [TARGET [MUTATIONS]]\n");
		return 2;
	}
	for (size_t i = 0; i < CE_COUNT(targets); i++) {
		if (argc > 2 && strcmp(argv[2], targets[i].name) != 0)
			continue;
		is_found = true;
		if (!S_ISDIR(st.st_mode))
			run_file(&targets[i], argv[1], 0);
		else if (run_corpus(&targets[i], argv[1], mutations) <= 0)
			return 1;
	}
	return is_found ? 0 : 2;
}
