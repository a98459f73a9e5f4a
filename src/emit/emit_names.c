/* SPDX-License-Identifier: MIT */
/*
 * What nvcc names after its process or the directory, and which of these names it takes from its
 * command line instead (docs/reproducible.md):
 *
 *     objdir   --objdir-as-tempdir: temporary files, whose names get into objects
 *     seed     --frandom-seed (CUDA 12.9 and later): the id of a source without external symbols
 *     path     cudafe++'s and cicc's --orig_src_path_name: the id of each other source
 *
 * nvcc is asked once per toolchain; the answer is kept in the root.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "emit/emit_facts.h"
#include "io/spawn.h"

#define ANSWER "nvcc-names"

enum {
	ANSWER_MAX = 1024,
	OUTPUT_MAX = 1 << 20,
	LIMIT_S = 20,
};

/* What is lost without a name is said in the words of the user. */
static const struct {
	const char *name, *option, *lost;
} names[] = {
	{"objdir", "--objdir-as-tempdir",
		"each object has the name of a temporary file in it, so that two builds differ even in one directory"},
	{"seed", "--frandom-seed=ccenv",
		"objects of sources without an external symbol differ between builds"},
	{"path", NULL,
		"objects with relocatable device code or anonymous namespaces depend on the directory"},
};

/* Does nvcc take this option? False too if nvcc does not run here. `out` gets what it would do. */
static bool is_taken(const struct ce_emit_facts *f, const char *option, struct ce_buf *out)
{
	CE_AUTOFREE char *nvcc = ce_path_join(f->in->prefix, "bin/nvcc");
	CE_AUTOFREE char *cxx = ce_asprintf("-ccbin=%s/bin/%s-g++", f->in->prefix, f->triplet);
	const char *argv[8] = {nvcc, "--dryrun", "-c", "ccenv.cu", "-o", "ccenv.o"};
	struct ccenv_error ignored;
	size_t n = 6;
	int status;

	if (f->has_gcc)
		argv[n++] = cxx;
	argv[n] = NULL;
	if (option) {
		argv[1] = option;
		argv[2] = "--dryrun";
		argv[3] = "-c";
		argv[4] = "ccenv.cu";
		argv[5] = "-o=ccenv.o";
	}
	return ce_spawn_read(argv, LIMIT_S, out, &status, &ignored) == 0 && status == 0;
}

/* For a platform whose programs do not run here: by the release. */
static void guess(const struct ce_emit_facts *f, struct ce_buf *out)
{
	char *end;
	long major = strtol(f->toolkit_version, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	bool has_seed = major > 12 || (major == 12 && minor >= 9);

	ce_buf_adds(out, has_seed ? "objdir seed path" : "objdir path");
}

static void ask(const struct ce_emit_facts *f, struct ce_buf *out)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf plain = {0};

	ce_buf_init(&plain, OUTPUT_MAX);
	if (!is_taken(f, NULL, &plain)) {
		guess(f, out);
		return;
	}
	for (size_t i = 0; i < CE_COUNT(names); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf said = {0};
		bool taken;

		ce_buf_init(&said, OUTPUT_MAX);
		/* It is an option of programs below nvcc, which gives it them itself where they have it. */
		taken = names[i].option
				? is_taken(f, names[i].option, &said)
				: strstr(ce_buf_str(&plain), "--orig_src_path_name") != NULL;
		if (taken)
			ce_buf_addf(out, "%s%s", out->len ? " " : "", names[i].name);
		else
			ce_log(f->in->events, CCENV_LOG_WARNING,
				"nvcc %s does not take %s: %s (docs/reproducible.md)",
				f->toolkit_version,
				names[i].option ? names[i].option : "--orig_src_path_name",
				names[i].lost);
	}
}

/* "ccenv nvcc names 1\n<content>\n<names>\n", for this toolchain; NULL for another one. */
static const char *kept(struct ce_emit_facts *f, const char *head)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;
	const char *at;

	if (ce_fs_read_beneath(f->in->root, ANSWER, ANSWER_MAX, &text, &ignored) < 0 ||
		!ce_has_prefix(ce_buf_str(&text), head))
		return NULL;
	at = ce_buf_str(&text) + strlen(head);
	if (at[strspn(at, "abcdefghijklmnopqrstuvwxyz ")] != '\n')
		return NULL;
	return ce_arena_printf(&f->arena, "%.*s", (int)strcspn(at, "\n"), at);
}

int ce_emit_names_find(struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf found = {0}, text = {0};
	const char *head =
		ce_arena_printf(&f->arena, "ccenv nvcc names 1\n%s\n", f->in->content_hash);

	f->nvcc_names = "";
	if (!f->has_nvcc)
		return 0;
	f->nvcc_names = kept(f, head);
	if (!f->nvcc_names) {
		ask(f, &found);
		f->nvcc_names = ce_arena_strdup(&f->arena, ce_buf_str(&found));
	}
	ce_buf_addf(&text, "%s%s\n", head, f->nvcc_names);
	return ce_emit_file(f, ANSWER, &text, false, err);
}
