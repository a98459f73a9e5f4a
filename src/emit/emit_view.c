/* SPDX-License-Identifier: MIT */
/*
 * The view: a directory that looks like /usr/local/cuda (docs/design/build-systems.md).
 *
 * The hard part is nvcc: it reads the nvcc.profile next to the path it was called by and follows no
 * link, so that a hard link of it (nvcc.bin) next to a profile of our own is a whole compiler for
 * one target. What is called nvcc is a script before it: nvcc also obeys variables of the
 * environment, and not every build system can take those away at each place where it runs nvcc
 * (CMake's device link, FindCUDA, make). Nothing below the prefix is edited: its files are the
 * package cache's.
 *
 * A view never changes: it is made under a temporary name and put in place in one step. What is in it is written down in
 * one file (MARKER), to know a view of another make.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/copy.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"
#include "emit/emit_compilers.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"
#include "model/cuda_parts.h"
#include "model/layout.h"

#define MARKER      ".ccenv-view"
#define MAX_PROFILE (64 << 10)
#define MAX_TEXT    (1 << 20)

enum entry_kind {
	ENTRY_TEXT,   /* value is the content */
	ENTRY_SCRIPT, /* the same, executable */
	ENTRY_LINK,   /* value is what the link says */
	ENTRY_CLONE,  /* value is the absolute path of the file that it is another name of */
};

struct entry {
	enum entry_kind kind;
	const char *rel, *value;
};

struct plan {
	const struct ce_emit_facts *f;
	struct ce_arena arena;
	struct entry *entries;
	size_t n, cap;
};

static void plan_release(struct plan *p)
{
	ce_arena_release(&p->arena);
	free(p->entries);
}

static void add(struct plan *p, enum entry_kind kind, const char *rel, const char *value)
{
	CE_GROW(p->entries, p->n, p->cap);
	p->entries[p->n++] = (struct entry){
		kind, ce_arena_strdup(&p->arena, rel), ce_arena_strdup(&p->arena, value)};
}

/* A link at <view>/<rel> to <prefix>/<what>, if that exists. */
static void add_prefix_link(struct plan *p, const char *rel, const char *prefix, const char *what)
{
	CE_AUTOFREE char *path = ce_path_join(prefix, what);
	CE_AUTOFREE char *at = ce_path_join(p->f->view, rel);
	CE_AUTOFREE char *dir = ce_path_dir(at);

	if (ce_emit_is_there(p->f, path))
		add(p, ENTRY_LINK, rel, ce_emit_relative(dir, path, &p->arena));
}

/* --- nvcc.profile ---- */

/* "INCLUDES        +=  …" -> "INCLUDES". */
static size_t profile_name(const char *line)
{
	size_t n = 0;

	while (isalnum((unsigned char)line[n]) || line[n] == '_')
		n++;
	return n;
}

/* CCCL has a directory of its own from CUDA 13 on, which only nvcc searches. */
static const char *profile_includes(const struct ce_emit_facts *f, struct ce_arena *a)
{
	if (!f->has_cccl_dir)
		return ce_arena_printf(
			a, "INCLUDES += \"-I$(TOP)/targets/%s/include\" $(_SPACE_)\n", f->target);
	return ce_arena_printf(a,
		"INCLUDES += \"-I$(TOP)/targets/%s/include\" $(_SPACE_)\n"
		"SYSTEM_INCLUDES += \"-isystem\" \"$(TOP)/targets/%s/include/cccl\" $(_SPACE_)\n",
		f->target, f->target);
}

static const char *profile_libraries(const struct ce_emit_facts *f, struct ce_arena *a)
{
	return ce_arena_printf(a,
		"LIBRARIES =+ $(_SPACE_) \"-L$(TOP)/targets/%s/lib/stubs\" \"-L$(TOP)/targets/%s/lib\"\n",
		f->target, f->target);
}

/* What stands in the view's profile for a line of the shipped one: a text, or what makes it. */
static const struct {
	const char *name, *text;
	const char *(*make)(const struct ce_emit_facts *f, struct ce_arena *a);
} profile_lines[] = {
	{"TOP", .text = "TOP = $(_HERE_)/..\n"},
	{"CICC_PATH", .text = "CICC_PATH = $(TOP)/nvvm/bin\n"},
	{"NVVMIR_LIBRARY_DIR", .text = "NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice\n"},
	{"PATH", .text = "PATH += $(TOP)/nvvm/bin:$(_HERE_):\n"},
	{"INCLUDES", .make = profile_includes},
	{"SYSTEM_INCLUDES", .text = ""}, /* with INCLUDES */
	{"LIBRARIES", .make = profile_libraries},
};

/* Our text for a line of the shipped profile; NULL: the line stays. */
static const char *profile_line(
	const char *name, size_t len, const struct ce_emit_facts *f, struct ce_arena *a)
{
	for (size_t i = 0; i < CE_COUNT(profile_lines); i++)
		if (strlen(profile_lines[i].name) == len &&
			memcmp(profile_lines[i].name, name, len) == 0)
			return profile_lines[i].make ? profile_lines[i].make(f, a)
						     : profile_lines[i].text;
	return NULL;
}

/* The shipped profile with its paths turned to the view; lines that we do not know stay, so that
 * new ones work. */
static int add_profile(struct plan *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf in = {0}, out = {0};
	int r;

	r = ce_fs_read_beneath(p->f->tools, "bin/nvcc.profile", MAX_PROFILE, &in, err);
	if (r < 0)
		return ce_hint(err, r, "(the package cuda-nvcc-tools should provide it)");
	for (const char *line = ce_buf_str(&in); *line;) {
		size_t len = strcspn(line, "\n");
		const char *ours = profile_line(line, profile_name(line), p->f, &p->arena);

		if (ours)
			ce_buf_adds(&out, ours);
		else
			ce_buf_addf(&out, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	add(p, ENTRY_TEXT, "bin/nvcc.profile", ce_buf_str(&out));
	return 0;
}

static void add_wrapper(struct plan *p)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0}, cxx = {0}, project = {0};

	ce_emit_project_sh(p->f, "$here/../../..", &project);
	if (p->f->has_gcc)
		ce_buf_addf(&cxx, "$here/../host/%s-g++", p->f->triplet);
	const struct ce_emit_pair pairs[] = {
		{"CUDA_VERSION", p->f->cuda_version},
		{"TARGET", p->f->target},
		{"CXX", ce_buf_str(&cxx)},
		{"SCRUB",
			p->f->has_gcc
				? " CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX"
				: ""},
		{"REPRODUCIBLE", p->f->in->reproducible},
		{"PROJECT", ce_buf_str(&project)},
		{"NAMES", p->f->nvcc_names},
	};

	ce_emit_fill(&out, ce_text_nvcc_sh, pairs, CE_COUNT(pairs));
	add(p, ENTRY_SCRIPT, "bin/nvcc", ce_buf_str(&out));
}

/* --- the plan ---- */

static void add_tools(struct plan *p)
{
	static const char *const tools[] = {"__nvcc_device_query", "bin2c", "compute-sanitizer",
		"crt", "ctadvisor", "cu++filt", "cuda-gdb", "cuda-gdbserver", "cudafe++",
		"cuobjdump", "fatbinary", "ncu", "nsys", "nvdisasm", "nvlink", "nvprof", "nvprune",
		"ptxas", "tileiras"};

	for (size_t i = 0; i < CE_COUNT(tools); i++) {
		const char *rel = ce_arena_printf(&p->arena, "bin/%s", tools[i]);

		add_prefix_link(p, rel, p->f->tools, rel);
	}
}

/* host/exec: any command, with this toolkit first in PATH. */
static void add_exec(struct plan *p)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	const struct ce_emit_pair pairs[] = {
		{"CUDA_VERSION", p->f->cuda_version},
		{"TARGET", p->f->target},
		{"TRIPLET", p->f->triplet},
	};

	ce_emit_fill(&out, ce_text_exec_sh, pairs, CE_COUNT(pairs));
	add(p, ENTRY_SCRIPT, "host/exec", ce_buf_str(&out));
}

/*
 * host/: the gcc and g++ that nvcc, make and Meson use, with the other tools of their triplet beside
 * them, as autoconf and CMake look for them; host/bare/ is CMake's.
 */
static void add_host(struct plan *p)
{
	static const char *const compilers[] = {"gcc", "g++"};
	static const char *const others[] = {"addr2line", "ar", "as", "c++filt", "cpp", "gcc-ar",
		"gcc-nm", "gcc-ranlib", "gcov", "gfortran", "ld", "ld.bfd", "ld.gold", "nm",
		"objcopy", "objdump", "ranlib", "readelf", "size", "strings", "strip"};
	CE_CLEANUP(ce_buf_release) struct ce_buf reproducible = {0};
	const char *triplet = p->f->triplet;

	for (size_t i = 0; i < 2 * CE_COUNT(compilers); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
		bool bare = i % 2;
		const struct ce_emit_compiler c = {.tool = compilers[i / 2],
			.up = bare ? "../../../.." : "../../..",
			.bare = bare};

		ce_emit_compiler(&out, p->f, &c);
		add(p, ENTRY_SCRIPT,
			ce_arena_printf(
				&p->arena, "host/%s%s-%s", bare ? "bare/" : "", triplet, c.tool),
			ce_buf_str(&out));
	}
	for (size_t i = 0; i < CE_COUNT(others); i++)
		add_prefix_link(p, ce_arena_printf(&p->arena, "host/%s-%s", triplet, others[i]),
			p->f->tools, ce_arena_printf(&p->arena, "bin/%s-%s", triplet, others[i]));
	ce_emit_reproducible(&reproducible, p->f);
	add(p, ENTRY_TEXT, "host/reproducible.sh", ce_buf_str(&reproducible));
	add(p, ENTRY_TEXT, "host/link.specs", ce_text_link_specs);
	add_exec(p);
}

/*
 * stubs/: the driver's libraries by the name that a linker looks for (-lcuda) and by the one that
 * shared libraries need (libcuda.so.1). Only to link with.
 */
static void add_stubs(struct plan *p)
{
	static const char *const suffixes[] = {"so", "so.1"};

	for (size_t i = 0; i < p->f->n_parts; i++)
		for (size_t k = 0; p->f->parts[i].row->in_stubs && k < CE_COUNT(suffixes); k++) {
			const char *lib = p->f->parts[i].row->lib;

			add(p, ENTRY_LINK,
				ce_arena_printf(&p->arena, "stubs/lib%s.%s", lib, suffixes[k]),
				ce_arena_printf(&p->arena, "../lib/stubs/lib%s.so", lib));
		}
}

static int make_plan(struct plan *p, struct ccenv_error *err)
{
	const struct ce_emit_facts *f = p->f;
	const char *tree = ce_arena_printf(&p->arena, "targets/%s", f->target);
	const char *lib = ce_arena_printf(&p->arena, "%s/lib", tree);
	int r;

	if (f->has_nvcc) {
		CE_AUTOFREE char *nvcc = ce_path_join(f->tools, "bin/nvcc");

		add(p, ENTRY_CLONE, "bin/nvcc.bin", nvcc);
		add_wrapper(p);
		r = add_profile(p, err);
		if (r < 0)
			return r;
	}
	add_tools(p);
	add_prefix_link(p, tree, f->in->prefix, tree);
	add(p, ENTRY_LINK, "include", ce_arena_printf(&p->arena, "%s/include", tree));
	add(p, ENTRY_LINK, "lib", lib);
	add(p, ENTRY_LINK, "lib64", lib);
	add_prefix_link(p, "nvvm", f->tools, "nvvm");
	if (f->has_gcc)
		add_host(p);
	add_stubs(p);
	if (ce_emit_part_find(f, "cupti")) {
		add(p, ENTRY_LINK, "extras/CUPTI/include", "../../include");
		add(p, ENTRY_LINK, "extras/CUPTI/lib64", "../../lib");
	}
	/* CMake before 3.27 and Meson read only the first, later ones only the second. */
	add(p, ENTRY_TEXT, "version.txt",
		ce_arena_printf(&p->arena, "CUDA Version %s\n", f->toolkit_version));
	add(p, ENTRY_TEXT, "version.json",
		ce_arena_printf(&p->arena,
			"{\n  \"cuda\": {\n    \"name\": \"CUDA SDK\",\n    \"version\": \"%s\"\n  }\n}\n",
			f->toolkit_version));
	return 0;
}

/* Everything that the plan says, as text; the layout of the view itself is version 1. */
static void describe(const struct plan *p, struct ce_buf *out)
{
	static const char *const kinds[] = {"text", "script", "link", "clone"};

	ce_buf_adds(out, "ccenv view 1\n");
	for (size_t i = 0; i < p->n; i++)
		ce_buf_addf(out, "%s %s %s\n", kinds[p->entries[i].kind], p->entries[i].rel,
			p->entries[i].value);
}

/* --- making it ---- */

static int make_entry(const struct entry *e, const char *dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(dir, e->rel);
	CE_AUTOFREE char *parent = ce_path_dir(path);
	int r;

	r = ce_fs_mkdirs(parent, err);
	if (r < 0)
		return r;
	switch (e->kind) {
	case ENTRY_TEXT:
		return ce_fs_replace(path, e->value, strlen(e->value), NULL, err);
	case ENTRY_SCRIPT:
		r = ce_fs_replace(path, e->value, strlen(e->value), NULL, err);
		if (r == 0 && chmod(path, 0755) < 0)
			r = ce_fail_errno(err, errno, "cannot make %s executable", path);
		return r;
	case ENTRY_LINK:
		if (symlink(e->value, path) < 0)
			return ce_fail_errno(err, errno, "cannot create link %s", path);
		return 0;
	case ENTRY_CLONE:
		return ce_copy_link(e->value, path, 0755, err);
	}
	return 0;
}

static bool holds(const char *path, const char *text)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf now = {0};
	struct ccenv_error ignored;

	return ce_fs_read(path, MAX_TEXT, &now, &ignored) == 0 && now.len == strlen(text) &&
	       memcmp(ce_buf_str(&now), text, now.len) == 0;
}

/* Is it as make_entry() makes it? Of a clone only that it is there. */
static bool is_made(const struct entry *e, const char *dir)
{
	CE_AUTOFREE char *path = ce_path_join(dir, e->rel);
	char target[4096];
	ssize_t n;

	switch (e->kind) {
	case ENTRY_TEXT:
	case ENTRY_SCRIPT:
		return holds(path, e->value);
	case ENTRY_LINK:
		n = readlink(path, target, sizeof(target));
		return n >= 0 && (size_t)n == strlen(e->value) &&
		       memcmp(target, e->value, (size_t)n) == 0;
	case ENTRY_CLONE:
		return ce_fs_exists(path);
	}
	return false;
}

static bool is_current(const struct plan *p, const struct ce_buf *text)
{
	CE_AUTOFREE char *marker = ce_path_join(p->f->view, MARKER);
	bool current = holds(marker, ce_buf_str(text));

	for (size_t i = 0; current && i < p->n; i++)
		current = is_made(&p->entries[i], p->f->view);
	return current;
}

static void note_made(const struct plan *p)
{
	CE_AUTOFREE char *marker = ce_path_join(p->f->view_rel, MARKER);
	CE_AUTOFREE char *link = ce_layout_view_link("", p->f->label);

	ce_emit_made(p->f, marker);
	ce_emit_made(p->f, link + 1);
	for (size_t i = 0; i < p->n; i++) {
		CE_AUTOFREE char *rel = ce_path_join(p->f->view_rel, p->entries[i].rel);

		ce_emit_made(p->f, rel);
	}
}

static int build(const struct plan *p, const struct ce_buf *text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage stage = CE_STAGE_NONE;
	struct entry marker = {ENTRY_TEXT, MARKER, ce_buf_str(text)};
	int r = ce_stage_dir(p->f->view, &stage, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n; i++) {
		r = make_entry(&p->entries[i], stage.tmp, err);
		if (r < 0)
			return r;
	}
	r = make_entry(&marker, stage.tmp, err);
	if (r < 0)
		return r;
	return ce_stage_commit(&stage, err);
}

/* view/<target>: the name for people and for files that outlive a lock. */
static int point_link(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_AUTOFREE char *link_path = ce_layout_view_link(f->in->root, f->label);
	const char *to = ce_path_base(f->view);
	char now[512];
	ssize_t n = readlink(link_path, now, sizeof(now) - 1);

	if (n >= 0) {
		now[n] = '\0';
		if (strcmp(now, to) == 0)
			return 0;
	}
	return ce_stage_symlink(to, link_path, err);
}

/* Does the link lead nowhere? What cannot be looked at may be there. */
static bool is_dangling(const char *link)
{
	return ce_fs_exists(link) && access(link, F_OK) < 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

/* Views whose prefix has been removed are of no use to anybody. */
static void remove_orphans(const struct ce_emit_facts *f)
{
	CE_AUTOFREE char *views = ce_path_dir(f->view);
	size_t len = strlen(f->label);
	DIR *d = opendir(views);
	struct ccenv_error ignored;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		CE_AUTOFREE char *dir = ce_path_join(views, e->d_name);
		CE_AUTOFREE char *tree = ce_asprintf("%s/targets/%s", dir, f->target);

		if (strncmp(e->d_name, f->label, len) == 0 && e->d_name[len] == '-' &&
			strcmp(dir, f->view) != 0 && is_dangling(tree) &&
			ce_fs_remove_tree(dir, &ignored) < 0)
			ce_log(f->in->events, CCENV_LOG_WARNING, "%s", ignored.text);
	}
	if (d)
		closedir(d);
}

int ce_emit_view(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(plan_release) struct plan p = {.f = f};
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r;

	r = make_plan(&p, err);
	if (r < 0)
		return r;
	r = ce_emit_check_seen(f, err);
	if (r < 0)
		return r;
	describe(&p, &text);
	if (!is_current(&p, &text)) {
		r = build(&p, &text, err);
		if (r < 0)
			return r;
	}
	r = point_link(f, err);
	if (r < 0)
		return r;
	remove_orphans(f);
	note_made(&p);
	return 0;
}
