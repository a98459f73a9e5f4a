/* SPDX-License-Identifier: MIT */
/*
 * ide/: what clangd needs to read CUDA code that nvcc and this gcc compile
 * (docs/design/build-systems.md). clangd.yaml is the project's .clangd; it names links that stay when
 * the lock changes, as far as clang lets it.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/stage.h"
#include "emit/emit_facts.h"
#include "model/layout.h"

/* clang's CUDA wrapper includes these always, and stops where cuRAND is not installed; the second
 * is of textures, which CUDA 13 has no more and clang before 16 asks for. */
static const char *const stubs[] = {"curand_mtgp32_kernel.h", "texture_fetch_functions.h"};
static const char stub_text[] =
	"/* Stands in for what is not installed: clang includes it always. */\n";

/* "    - '<a><b><c>'": an item of a YAML list, quoted. */
static void add_item(struct ce_buf *out, const char *a, const char *b, const char *c)
{
	const char *parts[] = {a, b, c};

	ce_buf_adds(out, "    - '");
	for (size_t i = 0; i < CE_COUNT(parts); i++)
		for (const char *p = parts[i]; *p; p++) {
			if (*p == '\'')
				ce_buf_addc(out, '\'');
			ce_buf_addc(out, *p);
		}
	ce_buf_adds(out, "'\n");
}

/* "12.2.0": the directory of lib/gcc/<triplet>; "" when there is none. */
static const char *gcc_version(const struct ce_emit_facts *f, struct ce_arena *a)
{
	CE_AUTOFREE char *dir = ce_asprintf("%s/lib/gcc/%s", f->tools, f->triplet);
	DIR *d = opendir(dir);
	const char *found = "";
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, found) > 0)
			found = ce_arena_strdup(a, e->d_name);
	if (d)
		closedir(d);
	return found;
}

static int point_env(const struct ce_emit_facts *f, const char *ide, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_AUTOFREE char *path = ce_path_join(ide, "env");
	CE_AUTOFREE char *rel = ce_path_join(f->ide_rel, "env");
	const char *to = ce_emit_relative(ide, f->tools, &a);
	char now[4096];
	ssize_t n = readlink(path, now, sizeof(now));

	ce_emit_made(f, rel);
	if (n >= 0 && (size_t)n == strlen(to) && memcmp(now, to, (size_t)n) == 0)
		return 0;
	return ce_stage_symlink(to, path, err);
}

static void add_xclang(struct ce_buf *out, const char *option, const char *ide, const char *rel)
{
	add_item(out, "-Xclang", "", "");
	add_item(out, option, "", "");
	add_item(out, "-Xclang", "", "");
	add_item(out, ide, "/env/", rel);
}

/*
 * The headers of this gcc and its sysroot in place of the system's. They go to the end of the
 * search, behind clang's own wrappers for CUDA; --gcc-install-dir would do the same, but clang
 * knows it only from 16 on, and refuses every file before.
 */
static void add_host(struct ce_buf *out, const struct ce_emit_facts *f, const char *ide,
	const char *version, bool cxx)
{
	CE_AUTOFREE char *dir = ce_asprintf("lib/gcc/%s/%s/include/c++", f->triplet, version);
	CE_AUTOFREE char *own = ce_asprintf("%s/%s", dir, f->triplet);
	CE_AUTOFREE char *old = ce_asprintf("%s/backward", dir);
	CE_AUTOFREE char *libc = ce_asprintf("%s/sysroot/usr/include", f->triplet);

	if (f->crossing)
		add_item(out, "--target=", f->triplet, "");
	add_item(out, "-nostdlibinc", "", "");
	if (cxx) {
		add_xclang(out, "-internal-isystem", ide, dir);
		add_xclang(out, "-internal-isystem", ide, own);
		add_xclang(out, "-internal-isystem", ide, old);
	}
	add_xclang(out, "-internal-externc-isystem", ide, libc);
}

static void render_host(
	struct ce_buf *out, const struct ce_emit_facts *f, const char *ide, const char *version)
{
	ce_buf_adds(out,
		"If:\n  PathMatch: '.*\\.(cc|cpp|cxx|c\\+\\+|C|h|hh|hpp|hxx|inl|ipp)'\nCompileFlags:\n  Add:\n");
	add_host(out, f, ide, version, true);
	ce_buf_adds(out, "---\nIf:\n  PathMatch: '.*\\.c'\nCompileFlags:\n  Add:\n");
	add_host(out, f, ide, version, false);
	ce_buf_adds(out, "---\n");
}

static void render(struct ce_buf *out, const struct ce_emit_facts *f, const char *ide)
{
	/* What nvcc takes and clang does not; with * also what follows it. */
	static const char *const nvcc_only[] = {"-forward-unknown-to-host-compiler", "-ccbin*",
		"-gencode*", "--generate-code*", "-arch*", "--gpu-architecture*", "-rdc*",
		"--relocatable-device-code*", "-Xcompiler*", "--compiler-options*", "-Xcudafe*",
		"-Xptxas*", "-Xfatbin*", "-Xnvlink*", "-Xarchive*", "--objdir-as-tempdir",
		"--frandom-seed*", "--expt-*", "-expt-*", "--extended-lambda", "-extended-lambda",
		"--use_fast_math", "-use_fast_math", "-lineinfo", "--generate-line-info", "-G",
		"--device-debug", "--threads*", "--split-compile*", "-maxrregcount*",
		"--maxrregcount*", "-dc", "-dlto", "-cudart*", "--cudart*", "--default-stream*",
		"-Werror*", "--Werror*"};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const char *version = f->has_gcc ? gcc_version(f, &a) : "";
	CE_AUTOFREE char *view = ce_layout_view_link(f->in->root, f->label);
	const char *arch = f->in->archs.n ? f->in->archs.items[0] : "75";
	CE_AUTOFREE char *sm = ce_strndup(arch, strspn(arch, "0123456789af"));

	ce_buf_addf(out,
		"# ccenv ide 1\n# For clangd, by `ccenv ide`; CUDA %s. It has paths of this machine: do not commit it.\n",
		f->cuda_version);
	if (*version)
		render_host(out, f, ide, version);
	ce_buf_adds(out, "If:\n  PathMatch: .*\\.cuh?\nCompileFlags:\n  Remove:\n");
	for (size_t i = 0; i < CE_COUNT(nvcc_only); i++)
		add_item(out, nvcc_only[i], "", "");
	ce_buf_adds(out, "  Add:\n");
	if (f->crossing && !*version)
		add_item(out, "--target=", f->triplet, "");
	add_item(out, "--cuda-path=", view, "");
	add_item(out, "--cuda-gpu-arch=sm_", sm, "");
	/* nvcc's -isystem=DIR, as CMake writes it, is to clang a directory of the sysroot. */
	add_item(out, "--sysroot=/", "", "");
	if (*version)
		add_host(out, f, ide, version, true);
	if (f->has_cccl_dir)
		add_item(out, "-isystem", view, "/include/cccl");
	add_item(out, "-idirafter", ide, "/include");
	add_item(out, "-Wno-unknown-cuda-version", "", "");
}

int ce_emit_ide(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0}, stub = {0};
	CE_AUTOFREE char *ide = ce_path_join(f->in->root, f->ide_rel);
	CE_AUTOFREE char *yaml = ce_path_join(f->ide_rel, "clangd.yaml");
	int r = 0;

	ce_buf_adds(&stub, stub_text);
	for (size_t i = 0; r >= 0 && i < CE_COUNT(stubs); i++) {
		CE_AUTOFREE char *rel = ce_asprintf("%s/include/%s", f->ide_rel, stubs[i]);

		r = ce_emit_file(f, rel, &stub, false, err);
	}
	if (r >= 0)
		r = point_env(f, ide, err);
	if (r < 0)
		return r;
	render(&out, f, ide);
	return ce_emit_file(f, yaml, &out, false, err);
}
