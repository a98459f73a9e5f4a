/* SPDX-License-Identifier: MIT */
/*
 * ccenv_check(): does a build use only its root's toolchain? nvcc is asked for its steps, gcc for the
 * programs it runs, and ELF files for what they need of the loader.
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/binaries.h"
#include "api/project.h"
#include "api/root.h"
#include "api/static_cudart.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/elf_types.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "io/elf.h"
#include "io/spawn.h"
#include "model/cuda_parts.h"

enum {
	MACHINE_CUDA = 190, /* EM_CUDA: cubins */
	OUTPUT_MAX = 4 << 20,
	LIMIT_S = 60,
	WORDS_MAX = 4096
};

struct check {
	struct ce_arena arena; /* of the findings */
	struct ccenv_finding *items;
	size_t n, cap;
	size_t n_steps, n_files;
};

struct looking {
	struct ccenv *c;
	const struct ccenv_tools *tools;
	struct check *check;
	bool installed;
};

static void found(struct check *k, const char *subject, const char *fmt, ...) CE_PRINTF(3, 4);

static void found(struct check *k, const char *subject, const char *fmt, ...)
{
	CE_AUTOFREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ce_vasprintf(fmt, ap);
	va_end(ap);
	CE_GROW(k->items, k->n, k->cap);
	k->items[k->n++] = (struct ccenv_finding){
		ce_arena_strdup(&k->arena, subject), ce_arena_strdup(&k->arena, text)};
}

void ccenv_findings_free(struct ccenv_findings *list)
{
	struct check *k = list->owner;

	if (!k)
		return;
	ce_arena_release(&k->arena);
	free(k->items);
	free(k);
	*list = (struct ccenv_findings){0};
}

/* ---- paths ---- */

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Is what the path leads to part of the root (or of its prefix, which may lie elsewhere)? */
static bool is_ours(const struct ccenv_tools *t, const char *path)
{
	CE_AUTOFREE char *real = realpath(path, NULL);
	CE_AUTOFREE char *root = realpath(t->root, NULL);
	CE_AUTOFREE char *prefix = realpath(t->prefix, NULL);
	CE_AUTOFREE char *tools = realpath(t->tools, NULL);
	CE_AUTOFREE char *plain = ce_path_absolute(path);
	const char *at = real ? real : plain;

	return is_below(at, root ? root : t->root) || is_below(at, prefix ? prefix : t->prefix) ||
	       is_below(at, tools ? tools : t->tools);
}

/* ---- the steps of nvcc ---- */

/* Variables that nvcc has printed: PATH is where it will look for programs. */
struct dryrun {
	struct ce_arena arena;
	const char *path, *cicc_path;
};

/* One word of a shell command, without its quotes; NULL at the end. Variables other than
 * CICC_PATH do not occur in these lines. */
static const char *next_word(const char **at, struct dryrun *d)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf word = {0};
	const char *p = *at + strspn(*at, " \t");
	char quote = 0;

	if (!*p)
		return NULL;
	for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? 0 : *p;
		else if (*p == '\\' && p[1] && quote != '\'')
			ce_buf_addc(&word, *++p);
		else if (strncmp(p, "$CICC_PATH", 10) == 0) {
			ce_buf_adds(&word, d->cicc_path ? d->cicc_path : "");
			p += 9;
		} else
			ce_buf_addc(&word, *p);
	}
	*at = p;
	return ce_arena_strdup(&d->arena, ce_buf_str(&word));
}

/* The file that a shell would run for `name`, from the arena; NULL if none. */
static const char *find_program(struct dryrun *d, const char *name)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? name : NULL;
	for (const char *p = d->path ? d->path : ""; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		const char *file = ce_arena_printf(&d->arena, "%.*s/%s", (int)n, n ? p : ".", name);

		if (n < INT_MAX && access(file, X_OK) == 0 && !ce_fs_is_dir(file))
			return file;
		p += n;
	}
	return NULL;
}

/* A header or library directory that a step gets. */
static void check_directory(struct looking *l, const char *step, const char *dir)
{
	if (ce_fs_is_dir(dir) && strcmp(dir, ".") != 0 && !is_ours(l->tools, dir))
		found(l->check, step, "gets %s, which is not part of %s", dir, l->tools->root);
}

static void check_step(struct looking *l, struct dryrun *d, const char *line)
{
	const char *name = next_word(&line, d), *word, *file, *step;
	size_t words = 0;

	if (!name || !*name || strcmp(name, "rm") == 0)
		return;
	step = ce_path_base(name);
	file = find_program(d, name);
	l->check->n_steps++;
	if (!file)
		found(l->check, "nvcc", "runs %s, which does not exist", name);
	else if (!is_ours(l->tools, file))
		found(l->check, "nvcc", "runs %s, which is not part of %s", file, l->tools->root);
	else
		ce_log(&l->c->events, CCENV_LOG_INFO, "nvcc runs %s", file);
	while ((word = next_word(&line, d)) && words++ < WORDS_MAX) {
		if (strcmp(word, "-isystem") == 0 && (word = next_word(&line, d)))
			check_directory(l, step, word);
		else if (word && (strncmp(word, "-I/", 3) == 0 || strncmp(word, "-L/", 3) == 0))
			check_directory(l, step, word + 2);
		if (!word)
			return;
	}
}

/* The value in a line "PATH=…"; NULL if it sets something else. */
static const char *value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncmp(line, name, n) == 0 && line[n] == '=' ? line + n + 1 : NULL;
}

static void check_line(struct looking *l, struct dryrun *d, const char *line)
{
	const char *value;

	if (strncmp(line, "#$ ", 3) != 0)
		return;
	line += 3;
	if ((value = value_of(line, "PATH")))
		d->path = ce_arena_strdup(&d->arena, value);
	else if ((value = value_of(line, "CICC_PATH")))
		d->cicc_path = ce_arena_strdup(&d->arena, value);
	else if (line[strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")] != '=')
		check_step(l, d, line);
}

static int check_nvcc(struct looking *l, struct ccenv_error *err)
{
	const char *const argv[] = {
		l->tools->nvcc, "--dryrun", "-x", "cu", "/dev/null", "-o", "a.out", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {.max = OUTPUT_MAX};
	struct dryrun d = {0};
	int status, r = ce_spawn_read(argv, LIMIT_S, &out, &status, err);
	char *rest = NULL;

	if (r < 0)
		return r;
	if (status != 0)
		found(l->check, "nvcc", "fails (exit %d): %s", status, ce_buf_str(&out));
	for (char *line = out.len ? strtok_r(out.data, "\n", &rest) : NULL; status == 0 && line;
		line = strtok_r(NULL, "\n", &rest))
		check_line(l, &d, line);
	ce_arena_release(&d.arena);
	if (status == 0 && l->check->n_steps == 0)
		found(l->check, "nvcc",
			"prints no step with --dryrun, or in a form that ccenv does not know");
	return 0;
}

/* The host compiler has steps of its own. */
static int check_gcc(struct looking *l, struct ccenv_error *err)
{
	static const char *const programs[] = {"cc1plus", "as", "ld"};
	for (size_t i = 0; i < CE_COUNT(programs); i++) {
		CE_AUTOFREE char *option = ce_asprintf("-print-prog-name=%s", programs[i]);
		CE_CLEANUP(ce_buf_release) struct ce_buf out = {.max = PATH_MAX};
		const char *const argv[] = {l->tools->cxx, option, NULL};
		int status, r = ce_spawn_read(argv, LIMIT_S, &out, &status, err);

		if (r < 0)
			return r;
		if (out.len && out.data[out.len - 1] == '\n')
			out.data[--out.len] = '\0';
		l->check->n_steps++;
		if (status != 0)
			found(l->check, "g++", "fails (exit %d): %s", status, ce_buf_str(&out));
		else if (!strchr(ce_buf_str(&out), '/'))
			found(l->check, "g++", "has no %s of its own and runs the one in PATH",
				programs[i]);
		else if (!is_ours(l->tools, ce_buf_str(&out)))
			found(l->check, "g++", "runs %s, which is not part of %s", ce_buf_str(&out),
				l->tools->root);
	}
	return 0;
}

/* ---- programs and libraries ---- */

/* Is it a library of the toolkit, or one that is built on it? The driver's libraries are not: they
 * belong to the machine. */
static bool is_cuda_library(const char *name)
{
	const struct ce_component *c;
	const struct ce_cuda_part *p;

	if (strncmp(name, "lib", 3) != 0)
		return false;
	for (size_t i = 0; (p = ce_cuda_part_at(i, &c)); i++) {
		size_t n = p->lib ? strlen(p->lib) : 0;

		/* Of the driver's libraries no release is another CUDA's. */
		if (p->lib && !p->in_stubs && strncmp(name + 3, p->lib, n) == 0 &&
			!isalnum((unsigned char)name[3 + n]))
			return true;
	}
	return false;
}

static bool has_component(const char *path, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = path; *p; p += strcspn(p, "/")) {
		p += strspn(p, "/");
		if (strncmp(p, name, n) == 0 && (p[n] == '/' || p[n] == '\0'))
			return true;
	}
	return false;
}

/* Does this look like the library directory of some CUDA toolkit? */
static bool is_toolkit(const char *dir)
{
	DIR *d = opendir(dir);
	bool cuda = has_component(dir, "cuda") || strstr(dir, "/cuda-");
	struct dirent *e;

	while (!cuda && d && (e = readdir(d)))
		cuda = is_cuda_library(e->d_name);
	if (d)
		closedir(d);
	return cuda;
}

/* An entry of RUNPATH as the loader reads it. */
static char *expand_origin(const char *entry, const char *file)
{
	CE_AUTOFREE char *path = ce_path_absolute(file);
	CE_AUTOFREE char *dir = ce_path_dir(path);
	CE_AUTOFREE char *joined = NULL;

	if (strncmp(entry, "$ORIGIN", 7) == 0)
		joined = ce_asprintf("%s%s", dir, entry + 7);
	else if (strncmp(entry, "${ORIGIN}", 9) == 0)
		joined = ce_asprintf("%s%s", dir, entry + 9);
	return ce_path_absolute(joined ? joined : entry);
}

/* The root of ccenv, or the prefix that it installed, in which the directory is; NULL if in none. The
 * caller frees it. */
static char *root_of(const char *dir)
{
	CE_AUTOFREE char *at = ce_strdup(dir);

	while (strcmp(at, "/") != 0) {
		CE_AUTOFREE char *stamp = ce_path_join(at, "conda-meta/ccenv");
		char *parent;

		if (ce_root_has_marker(at) || ce_fs_exists(stamp))
			return CE_TAKE(at);
		parent = ce_path_dir(at);
		ce_freep(&at);
		at = parent;
	}
	return NULL;
}

static void check_run_path(struct looking *l, const char *file, const char *entry)
{
	CE_AUTOFREE char *dir = expand_origin(entry, file);
	CE_AUTOFREE char *other = NULL;

	if (has_component(entry, "stubs"))
		found(l->check, file,
			"has the stubs %s in RUNPATH: calls of the driver would fail with CUDA_ERROR_STUB_LIBRARY; link with the build files of ccenv, which do not add them",
			entry);
	else if (entry[0] == '$')
		return;
	else if (!*entry)
		found(l->check, file,
			"has an empty entry in RUNPATH: libraries would be loaded from the working directory (CMake pads the RUNPATH of a build tree like that, where the one to install is longer)");
	else if (entry[0] != '/')
		found(l->check, file,
			"has \"%s\" in RUNPATH: libraries would be loaded from the working directory",
			entry);
	else if (is_below(dir, l->tools->root) || is_ours(l->tools, dir)) {
		if (l->installed)
			found(l->check, file,
				"has %s in RUNPATH, which is in this build tree; set its install RPATH",
				entry);
	} else if ((other = root_of(dir)))
		found(l->check, file,
			"has %s in RUNPATH, which belongs to another root of ccenv (%s): it was built with that one; check it with --root, or build it again",
			entry, other);
	else if (is_toolkit(dir))
		found(l->check, file, "has another CUDA in RUNPATH: %s", entry);
}

/* The entry of RUNPATH that leads to the library, and its path in *ret_file; NULL if none does. */
static const char *find_library(
	const struct ce_elf *e, const char *file, const char *name, char **ret_file)
{
	for (size_t i = 0; i < e->n_run_path; i++) {
		CE_AUTOFREE char *dir = expand_origin(e->run_path[i], file);
		CE_AUTOFREE char *path = ce_path_join(dir, name);

		if (access(path, F_OK) != 0)
			continue;
		*ret_file = CE_TAKE(path);
		return e->run_path[i];
	}
	return NULL;
}

/* Does this root have the library? In any release, with ".so" for `suffix`. */
static bool has_library(
	const struct ccenv_tools *t, const char *name, size_t len, const char *suffix)
{
	const char *const dirs[] = {t->view, t->prefix};

	for (size_t i = 0; i < CE_COUNT(dirs); i++) {
		CE_AUTOFREE char *path =
			ce_asprintf("%s/lib/%.*s%s", dirs[i], (int)len, name, suffix);

		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* A CUDA library that a file needs: is it the root's, and will the loader find that one? */
static void check_needed(
	struct looking *l, const char *file, const struct ce_elf *e, const char *name)
{
	const char *cuda = l->tools->cuda_version ? l->tools->cuda_version : "none";
	size_t stem = (size_t)(strstr(name, ".so") - name);
	CE_AUTOFREE char *path = NULL;
	const char *entry = find_library(e, file, name, &path);

	if (!has_library(l->tools, name, strlen(name), "")) {
		if (has_library(l->tools, name, stem, ".so"))
			found(l->check, file,
				"needs %s; this root (CUDA %s) has another release of it: it was linked with another CUDA",
				name, cuda);
		else
			found(l->check, file,
				"needs %s, which this root (CUDA %s) does not have: add its component to ccenv.json",
				name, cuda);
	} else if (!entry) {
		found(l->check, file,
			"needs %s, which is in no directory of its RUNPATH: the loader may find another one, or none",
			name);
	} else if (entry[0] != '$' && !is_ours(l->tools, path)) {
		found(l->check, file, "loads %s, which belongs to another CUDA", path);
	}
}

static void check_static_runtime(struct looking *l, const char *file)
{
	CE_AUTOFREE char *archive =
		ce_path_join(l->tools->lib_dir ? l->tools->lib_dir : "", "libcudart_static.a");

	if (ce_static_cudart_of(file, archive) == CE_STATIC_CUDART_FOREIGN)
		found(l->check, file,
			"has a static CUDA runtime that is not this root's (CUDA %s): it was linked with libcudart_static.a of another CUDA",
			l->tools->cuda_version ? l->tools->cuda_version : "none");
}

/* "2.34" as 2034. */
static unsigned long glibc_number(const char *version)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10);

	return major * 1000 + (*end == '.' ? strtoul(end + 1, NULL, 10) : 0);
}

/* The host of a target is not at hand to try it. */
static void check_glibc(struct looking *l, const char *file, const struct ce_elf *e)
{
	if (e->glibc && l->tools->glibc && glibc_number(e->glibc) > glibc_number(l->tools->glibc))
		found(l->check, file,
			"needs glibc %s, and the target \"%s\" declares %s: it was linked with a newer sysroot or library; raise \"glibc\" under its \"system-requirements\" if the machine has it",
			e->glibc, l->tools->name, l->tools->glibc);
}

static void check_file(struct looking *l, const char *file)
{
	const unsigned machine =
		strcmp(l->tools->platform, "linux-aarch64") == 0 ? EM_AARCH64 : EM_X86_64;
	struct ccenv_error why;
	bool padded = false;
	struct ce_elf e;

	l->check->n_files++;
	if (ce_elf_read(file, &e, &why) < 0) {
		const char *cause = strstr(why.text, file);

		cause = cause ? cause + strlen(file) : why.text;
		found(l->check, file, "%s%s", why.code == CCENV_EIO ? "cannot be read" : "",
			cause + (why.code != CCENV_EIO && *cause == ' '));
		return;
	}
	/* Device code, which no loader of the machine reads. */
	if (e.machine == MACHINE_CUDA) {
		ce_elf_release(&e);
		return;
	}
	if (e.machine != machine)
		found(l->check, file, "is for another machine (ELF machine %u), not for %s",
			e.machine, l->tools->platform);
	check_glibc(l, file, &e);
	/* CMake pads RUNPATH with colons, to make room for a longer one at installation. */
	while (!l->installed && e.n_run_path && !*e.run_path[e.n_run_path - 1])
		e.n_run_path--;
	for (size_t i = 0; i < e.n_run_path; i++) {
		/* One of several empty ones is enough. */
		if (*e.run_path[i] || !padded)
			check_run_path(l, file, e.run_path[i]);
		padded = padded || !*e.run_path[i];
	}
	for (size_t i = 0; i < e.n_needed; i++)
		if (is_cuda_library(e.needed[i]) && strstr(e.needed[i], ".so"))
			check_needed(l, file, &e, e.needed[i]);
	check_static_runtime(l, file);
	ce_elf_release(&e);
}

/* A file, or all programs and libraries in a directory; the root's own are not checked. */
static int check_named(struct looking *l, const char *path, struct ccenv_error *err)
{
	CE_AUTOFREE char *root = realpath(l->tools->root, NULL);
	struct ce_strs found;
	int r;

	if (!ce_fs_is_dir(path)) {
		check_file(l, path);
		return 0;
	}
	r = ce_binaries_find(path, root ? root : l->tools->root, &l->check->arena, &found, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < found.n; i++)
		check_file(l, found.items[i]);
	return 0;
}

int ccenv_check(struct ccenv *c, const struct ccenv_check_options *o, struct ccenv_findings *ret,
	struct ccenv_error *err)
{
	struct check *k = ce_calloc(1, sizeof(*k));
	struct ccenv_findings list = {.owner = k};
	struct ccenv_tools tools = {0};
	struct looking l = {c, &tools, k, o->installed};
	int r = ccenv_tools(c, o->target, &tools, err);

	if (r >= 0 && tools.nvcc)
		r = check_nvcc(&l, err);
	if (r >= 0 && tools.cxx)
		r = check_gcc(&l, err);
	for (size_t i = 0; r >= 0 && i < o->n_files; i++)
		r = check_named(&l, o->files[i], err);
	ccenv_tools_free(&tools);
	list.items = k->items;
	list.n = k->n;
	list.n_steps = k->n_steps;
	list.n_files = k->n_files;
	if (r < 0)
		ccenv_findings_free(&list);
	else
		*ret = list;
	return r;
}
