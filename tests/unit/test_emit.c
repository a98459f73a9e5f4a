/* SPDX-License-Identifier: MIT */
/* emit/: the build files over a small made-up prefix, compared with tests/emit/golden.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "emit/emit.h"
#include "emit/emit_text.h"
#include "expected.h"
#include "model/component.h"
#include "model/pkg.h"

#define HASH1 "1111111111112222222222223333333333334444444444445555555555556666"
#define HASH2 "2222222222223333333333334444444444445555555555556666666666667777"

struct fixture {
	char dir[64];
	char *root, *prefix, *lock;
};

static struct ccenv_error err;

static void check(int r)
{
	if (r < 0)
		fail_msg("%s", err.text);
}

static void put_bytes(const struct fixture *x, const char *rel, const void *data, size_t len)
{
	char *path = ce_path_join(x->prefix, rel);
	char *dir = ce_path_dir(path);

	check(ce_fs_mkdirs(dir, &err));
	check(ce_fs_replace(path, data, len, NULL, &err));
	free(dir);
	free(path);
}

static void put(const struct fixture *x, const char *rel, const char *text)
{
	put_bytes(x, rel, text, strlen(text));
}

static void put_elf(const struct fixture *x, const char *rel, unsigned machine)
{
	unsigned char b[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

	b[18] = (unsigned char)machine;
	put_bytes(x, rel, b, sizeof(b));
}

static void put_archive(const struct fixture *x, const char *rel, unsigned machine)
{
	struct ce_buf b = {0};
	unsigned char elf[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

	elf[18] = (unsigned char)machine;
	ce_buf_adds(&b, "!<arch>\n");
	/* The symbol table has an odd length: the next member begins at an even place. */
	ce_buf_addf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", "/", 0, 0, 0, "0", 5);
	ce_buf_add(&b, "abcde\n", 6);
	ce_buf_addf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", "a.o/", 0, 0, 0, "644", 64);
	ce_buf_add(&b, elf, sizeof(elf));
	put_bytes(x, rel, ce_buf_str(&b), b.len);
	ce_buf_release(&b);
}

#define TREE "targets/x86_64-linux/"

static void fill_prefix(const struct fixture *x)
{
	static const char *const headers[] = {TREE "include/cuda.h",
		TREE "include/cuda_runtime_api.h", TREE "include/nvrtc.h",
		TREE "include/cublas_v2.h", TREE "include/cublasLt.h",
		TREE "include/cccl/cub/cub.cuh", "include/cudnn.h"};
	static const char *const tools[] = {"bin/nvcc", "bin/ptxas", "bin/crt/link.stub",
		"bin/x86_64-conda-linux-gnu-gcc", "bin/x86_64-conda-linux-gnu-g++",
		"nvvm/libdevice/libdevice.10.bc", "conda-meta/history", "lib/libstdc++.so.6"};

	for (size_t i = 0; i < CE_COUNT(headers); i++)
		put(x, headers[i], "");
	for (size_t i = 0; i < CE_COUNT(tools); i++)
		put(x, tools[i], "tool\n");
	put(x, "bin/nvcc.profile",
		"TOP              = $(_HERE_)/../$(_TARGET_DIR_)\n\n"
		"LD_LIBRARY_PATH += $(TOP)/lib:\nPATH += $(CICC_PATH):$(TOP)/../../bin:\n"
		"INCLUDES += \"-I$(TOP)/include\" $(_SPACE_)\n"
		"SYSTEM_INCLUDES += \"-isystem\" \"$(TOP)/include/cccl\" $(_SPACE_)\n"
		"LIBRARIES =+ $(_SPACE_) \"-L$(TOP)/lib\"\nA_NEW_THING = 1\n");
	put_elf(x, TREE "lib/libcudart.so", EM_X86_64);
	put_elf(x, TREE "lib/libnvrtc.so", EM_X86_64);
	put_elf(x, TREE "lib/libcublas.so", EM_X86_64);
	put_elf(x, TREE "lib/libcublasLt.so", EM_X86_64);
	put_elf(x, TREE "lib/stubs/libcuda.so", EM_X86_64);
	put_archive(x, TREE "lib/libcudart_static.a", EM_X86_64);
	put_elf(x, "lib/libcudnn.so", EM_X86_64);
}

static int setup(void **state)
{
	struct fixture *x = ce_calloc(1, sizeof(*x));

	/* What a path may have besides letters. */
	snprintf(x->dir, sizeof(x->dir), "/tmp/ccenv-test+emit-XXXXXX");
	if (!mkdtemp(x->dir))
		return -1;
	x->root = ce_asprintf("%s/build/_ccenv", x->dir);
	x->prefix = ce_asprintf("%s/env/linux-64-111111111111", x->root);
	x->lock = ce_asprintf("%s/ccenv.lock", x->dir);
	fill_prefix(x);
	check(ce_fs_replace(x->lock, "{}\n", 3, NULL, &err));
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	int r = ce_fs_remove_tree(x->dir, &err);

	free(x->root);
	free(x->prefix);
	free(x->lock);
	free(x);
	return r;
}

static const struct ce_pkg packages[] = {
	{.name = "cuda-cudart-dev", .version = "13.0.96", .license = "LicenseRef-NVIDIA"},
	{.name = "cuda-cudart-static", .version = "13.0.96"},
	{.name = "cuda-nvcc-tools", .version = "13.0.88"},
	{.name = "cuda-nvrtc-dev", .version = "13.0.88"},
	{.name = "cuda-version", .version = "13.0"},
	{.name = "gxx_impl_linux-64", .version = "15.2.0"},
	{.name = "libcublas-dev", .version = "13.1.0.3"},
	{.name = "libcudnn-dev", .version = "9.13.0.50"},
};

static int emit(const struct fixture *x, const char *hash)
{
	const struct ce_pkg *list[CE_COUNT(packages)];

	for (size_t i = 0; i < CE_COUNT(packages); i++)
		list[i] = &packages[i];
	return ce_emit_all(&(struct ce_emit_input){.root = x->root,
				   .prefix = x->prefix,
				   .platform = "linux-64",
				   .pkgs = list,
				   .n_pkgs = CE_COUNT(packages),
				   .lock_path = x->lock,
				   .reproducible = "",
				   .content_hash = hash},
		&err);
}

static char *read_text(const struct fixture *x, const char *rel)
{
	char *path = ce_path_join(x->root, rel);
	struct ce_buf b = {0};

	check(ce_fs_read(path, 1 << 20, &b, &err));
	free(path);
	return ce_buf_steal(&b);
}

static void assert_contains(const struct fixture *x, const char *rel, const char *part)
{
	char *text = read_text(x, rel);

	if (!strstr(text, part))
		fail_msg("%s has no \"%s\":\n%s", rel, part, text);
	free(text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The tree below root/rel as text, sorted; the prefix and long constant files are left out. */
static void describe(const struct fixture *x, const char *rel, struct ce_buf *out)
{
	char *dir = rel[0] ? ce_path_join(x->root, rel) : ce_strdup(x->root);
	DIR *d = opendir(dir);
	char *names[256];
	size_t n = 0;
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) && n < CE_COUNT(names))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[n++] = ce_strdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		char *below = rel[0] ? ce_path_join(rel, names[i]) : ce_strdup(names[i]);
		char *path = ce_path_join(x->root, below);
		char target[4096];
		struct stat st;

		assert_int_equal(lstat(path, &st), 0);
		if (S_ISLNK(st.st_mode)) {
			ssize_t len = readlink(path, target, sizeof(target) - 1);

			assert_true(len > 0);
			ce_buf_addf(out, "=== %s -> %.*s\n", below, (int)len, target);
		} else if (S_ISDIR(st.st_mode)) {
			if (strcmp(below, "env") != 0)
				describe(x, below, out);
		} else {
			ce_buf_addf(out, "=== %s%s\n", below,
				st.st_mode & S_IXUSR ? " (executable)" : "");
			if (!strstr(below, "toolchain/") && !strstr(below, "make/ccenv-")) {
				char *text = read_text(x, below);

				ce_buf_adds(out, text);
				free(text);
			}
		}
		free(path);
		free(below);
		free(names[i]);
	}
	free(dir);
}

/* Replaces the scratch directory by @. */
static char *without_dir(const struct fixture *x, const char *text)
{
	struct ce_buf b = {0};
	const char *at;

	while ((at = strstr(text, x->dir))) {
		ce_buf_add(&b, text, (size_t)(at - text));
		ce_buf_addc(&b, '@');
		text = at + strlen(x->dir);
	}
	ce_buf_adds(&b, text);
	return ce_buf_steal(&b);
}

static void test_golden(void **state)
{
	const struct fixture *x = *state;
	struct ce_buf is = {0};
	char *text;

	check(emit(x, HASH1));
	describe(x, "", &is);
	text = without_dir(x, ce_buf_str(&is));
	expected_check(TEST_DATA "/emit/golden.txt", text);
	free(text);
	ce_buf_release(&is);
}

static void test_toolchain_names_what_is_there(void **state)
{
	const struct fixture *x = *state;
	const char *file = "toolchain/x86_64-linux.cmake";

	check(emit(x, HASH1));
	assert_contains(x, file, "set(_ccenv_content \"" HASH1 "\")\n");
	assert_contains(x, file, "set(_ccenv_has_gcc ON)\n");
	assert_contains(x, file, "\"env/linux-64-111111111111\" ABSOLUTE BASE_DIR");
	assert_contains(x, file, "set(_ccenv_lock \"../../ccenv.lock\")\n");
}

static void test_nothing_is_written_twice(void **state)
{
	const struct fixture *x = *state;
	char *path = ce_path_join(x->root, "stamp.json");
	char *view = ce_path_join(x->root, "view/x86_64-linux-111111111111");
	struct stat stamp1, stamp2, view1, view2;

	check(emit(x, HASH1));
	assert_int_equal(stat(path, &stamp1), 0);
	assert_int_equal(stat(view, &view1), 0);
	check(emit(x, HASH1));
	assert_int_equal(stat(path, &stamp2), 0);
	assert_int_equal(stat(view, &view2), 0);
	assert_int_equal(stamp1.st_ino, stamp2.st_ino);
	assert_int_equal(view1.st_ino, view2.st_ino);
	free(path);
	free(view);
}

static void test_a_new_lock_gets_a_new_view(void **state)
{
	const struct fixture *x = *state;
	char *link = ce_path_join(x->root, "view/x86_64-linux");
	char target[256] = "";

	check(emit(x, HASH1));
	check(emit(x, HASH2));
	assert_true(readlink(link, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "x86_64-linux-222222222222");
	free(link);
}

static void test_a_library_that_goes_takes_its_pc_file(void **state)
{
	const struct fixture *x = *state;
	char *lib = ce_path_join(x->prefix, TREE "lib/libcublas.so");
	char *pc = ce_path_join(x->root, "pkgconfig/x86_64-linux/cublas.pc");

	check(emit(x, HASH1));
	assert_true(ce_fs_exists(pc));
	assert_int_equal(unlink(lib), 0);
	check(emit(x, HASH1));
	assert_false(ce_fs_exists(pc));
	free(lib);
	free(pc);
}

/* Every library that the table has gets a .pc file and is known to CMake, once its files are there. */
static void test_each_part_is_in_each_output(void **state)
{
	const struct fixture *x = *state;
	CE_AUTOFREE char *toolchain = NULL;
	const struct ce_component *c;
	const struct ce_cuda_part *p;

	for (size_t i = 0; (p = ce_cuda_part_at(i, &c)); i++) {
		const char *base = p->in_prefix ? "" : TREE;
		CE_AUTOFREE char *lib =
			ce_asprintf("%slib/%slib%s.%s", base, p->in_stubs ? "stubs/" : "",
				p->lib ? p->lib : "", p->is_static ? "a" : "so");
		CE_AUTOFREE char *header = ce_asprintf("%sinclude/%s", base, p->header);

		if (p->lib && p->is_static)
			put_archive(x, lib, EM_X86_64);
		else if (p->lib)
			put_elf(x, lib, EM_X86_64);
		if (p->header)
			put(x, header, "");
	}
	check(emit(x, HASH1));
	toolchain = read_text(x, "toolchain/x86_64-linux.cmake");
	for (size_t i = 0; (p = ce_cuda_part_at(i, &c)); i++) {
		CE_AUTOFREE char *pc =
			ce_asprintf("%s/pkgconfig/x86_64-linux/%s.pc", x->root, p->pc);
		CE_AUTOFREE char *absent = ce_asprintf("\n\t%s\n", p->cmake);

		if (p->pc)
			assert_true(ce_fs_exists(pc));
		if (p->cmake)
			assert_null(strstr(toolchain, absent));
		assert_true(p->pc == NULL || (c && p->summary));
	}
}

/* One word of a table's cell, or a dash. */
static void add_cell(struct ce_buf *out, const char *before, const char *word, const char *after)
{
	if (word)
		ce_buf_addf(out, " | `%s%s%s`", before, word, after);
	else
		ce_buf_adds(out, " | -");
}

static void describe_component(struct ce_buf *out, const struct ce_component *c)
{
	for (size_t i = 0; i == 0 || c->parts[i].lib || c->parts[i].header; i++) {
		const struct ce_cuda_part *p = &c->parts[i];

		ce_buf_addf(out, "| %s |", i ? "" : c->name);
		for (size_t k = 0; i == 0 && c->linux_specs[k]; k++)
			ce_buf_addf(out, " `%s`", c->linux_specs[k]);
		add_cell(out, "<", p->header, ">");
		add_cell(out, "-l", p->lib, "");
		add_cell(out,
			p->in_prefix ? "CondaCuda::" : "CUDA::", p->in_prefix ? p->lib : p->cmake,
			"");
		add_cell(out, "", p->pc, "");
		ce_buf_adds(out, " |\n");
	}
}

/* docs/components.md is made of the table. */
static void test_components_are_documented(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};

	(void)state;
	ce_buf_adds(&out,
		"# Components\n\n"
		"What can stand under `components` of `cuda` in ccenv.json, and where it is found. Made from\n"
		"`src/model/cuda_parts.c` by `scripts/update-expected`. In the names of packages, `@` is the platform\n"
		"(`linux-64`). A header or library that is not found belongs to a component that is not in the lock: look for it\n"
		"here, and add the component.\n\n"
		"| component | conda-forge's packages | header | library | CMake target | .pc file |\n"
		"|---|---|---|---|---|---|\n");
	for (const struct ce_component *c = ce_component_list(); c->name; c++)
		describe_component(&out, c);
	expected_check(TEST_DATA "/../docs/components.md", ce_buf_str(&out));
}

/* Files in bin/ and pkgconfig/ that ccenv did not write stay as they are. */
static void test_only_what_is_ours_is_touched(void **state)
{
	const struct fixture *x = *state;
	CE_AUTOFREE char *pc = ce_path_join(x->root, "pkgconfig/x86_64-linux/mine.pc");
	CE_AUTOFREE char *gcc = ce_path_join(x->root, "bin/gcc");

	check(emit(x, HASH1));
	check(ce_fs_replace(pc, "Name: mine\n", 11, NULL, &err));
	check(emit(x, HASH1));
	assert_true(ce_fs_exists(pc));
	check(ce_fs_replace(gcc, "#!/bin/sh\n", 10, NULL, &err));
	assert_int_equal(emit(x, HASH1), CCENV_EUSAGE);
	assert_non_null(strstr(err.text, "/bin/gcc was not written by ccenv"));
}

/* A package may have anything as its nvcc.profile. */
static void test_profile_that_is_a_link(void **state)
{
	const struct fixture *x = *state;
	CE_AUTOFREE char *profile = ce_path_join(x->prefix, "bin/nvcc.profile");

	assert_int_equal(unlink(profile), 0);
	assert_int_equal(symlink(x->lock, profile), 0);
	assert_true(emit(x, HASH1) < 0);
	assert_non_null(strstr(err.text, "nvcc.profile"));
}

/* nvcc of before 12.9: it is asked once per toolchain, and what it does not take is left out. */
static void test_nvcc_is_asked_what_it_takes(void **state)
{
	static const char old_nvcc[] =
		"#!/bin/sh\necho asked >>\"$0.asked\"\n"
		"case $* in *random-seed*) echo \"nvcc fatal : Unknown option\"; exit 1 ;; esac\n"
		"echo \"#$ cudafe++ --orig_src_path_name \\\"ccenv.cu\\\"\"\n";
	const struct fixture *x = *state;
	CE_AUTOFREE char *nvcc = ce_path_join(x->prefix, "bin/nvcc");
	CE_AUTOFREE char *asked = ce_path_join(x->prefix, "bin/nvcc.asked");
	CE_AUTOFREE char *names = ce_path_join(x->root, "nvcc-names");
	CE_AUTOFREE char *script = ce_path_join(x->root, "view/x86_64-linux-111111111111/bin/nvcc");
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, view = {0};

	put(x, "bin/nvcc", old_nvcc);
	assert_int_equal(chmod(nvcc, 0755), 0);
	check(emit(x, HASH1));
	check(ce_fs_read(names, 1024, &text, &err));
	assert_string_equal(ce_buf_str(&text), "ccenv nvcc names 1\n" HASH1 "\nobjdir path\n");
	check(ce_fs_read(script, 1 << 20, &view, &err));
	assert_non_null(strstr(ce_buf_str(&view), "case \" objdir path \" in"));
	assert_int_equal(unlink(asked), 0);
	check(emit(x, HASH1));
	assert_false(ce_fs_exists(asked));
	check(emit(x, HASH2));
	assert_true(ce_fs_exists(asked));
}

/* What cannot be looked at is not absent: here, a link to a name that is longer than names may be. */
static void test_what_cannot_be_looked_at(void **state)
{
	static const char *const paths[] = {"bin/nvcc", "bin/x86_64-conda-linux-gnu-g++",
		TREE "include/cuda.h", TREE "lib/libnvrtc.so", "bin/ptxas", "nvvm"};
	struct fixture *x = *state;
	char target[400] = "";

	memset(target, 'x', sizeof(target) - 1);
	for (size_t i = 0; i < CE_COUNT(paths); i++) {
		CE_AUTOFREE char *path = ce_path_join(x->prefix, paths[i]);
		CE_AUTOFREE char *away = ce_asprintf("%s.away", path);

		assert_int_equal(rename(path, away), 0);
		assert_int_equal(symlink(target, path), 0);
		assert_int_equal(emit(x, "111111111111"), CCENV_EIO);
		assert_non_null(strstr(err.text, "cannot look at "));
		assert_non_null(strstr(err.text, path));
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(away, path), 0);
	}
	check(emit(x, "111111111111"));
}

static void test_a_library_for_another_machine_is_refused(void **state)
{
	const struct fixture *x = *state;

	put_archive(x, TREE "lib/libcudart_static.a", EM_AARCH64);
	assert_int_equal(emit(x, HASH1), CCENV_EDATA);
	assert_non_null(strstr(err.text, "cudart_static.pc"));
	assert_non_null(strstr(err.text, "libcudart_static.a is for another machine"));
	/* Without the last step nothing takes the root for finished. */
	char *stamp = ce_path_join(x->root, "stamp.json");

	assert_false(ce_fs_exists(stamp));
	free(stamp);
}

static void test_damaged_view_is_made_again(void **state)
{
	const struct fixture *x = *state;
	char *marker = ce_path_join(x->root, "view/x86_64-linux-111111111111/.ccenv-view");
	char *profile = ce_path_join(x->root, "view/x86_64-linux-111111111111/bin/nvcc.profile");

	check(emit(x, HASH1));
	assert_int_equal(unlink(marker), 0);
	assert_int_equal(unlink(profile), 0);
	check(emit(x, HASH1));
	assert_true(ce_fs_exists(profile));
	free(marker);
	free(profile);
}

static void test_paths_that_no_tool_can_carry(void **state)
{
	struct fixture x = *(struct fixture *)*state;

	x.root = (char[]){"/tmp/a;b"};
	assert_int_equal(emit(&x, HASH1), CCENV_EUSAGE);
	assert_non_null(strstr(err.text, "--root"));
	x.root = (char[]){"relative"};
	assert_int_equal(emit(&x, HASH1), CCENV_EUSAGE);
}

/* One language: how a text of any bytes is written into a file, and what reads it back. */
struct language {
	const char *name;
	void (*quote)(struct ce_buf *out, const char *s);
	const char *before, *after; /* of each text */
	const char *command; /* run in the directory of the file "in"; makes the file "out" */
	bool control;        /* control characters come back as they are, not as spaces */
};

static const struct language languages[] = {
	{"sh", ce_quote_sh, "printf '%s\\n' ", "\n", "sh in >out", true},
	{"cmake", ce_quote_cmake, "file(APPEND out \"", "\n\")\n", "cmake -P in", true},
	{"make", ce_quote_make, "V := ", "\n$(file >>out,$(V))\n",
		"echo 'all: ;' >>in; make -sf in", false},
};

/* Every byte that a C string may have, in each language, through the program that reads it. */
static void test_each_byte_in_each_language(void **state)
{
	const struct fixture *x = *state;

	for (size_t i = 0; i < CE_COUNT(languages); i++) {
		const struct language *l = &languages[i];
		CE_CLEANUP(ce_buf_release) struct ce_buf in = {0}, want = {0}, got = {0};
		CE_AUTOFREE char *path = ce_asprintf("%s/in", x->dir);
		CE_AUTOFREE char *out = ce_asprintf("%s/out", x->dir);
		CE_AUTOFREE char *command =
			ce_asprintf("command -v %s >/dev/null && cd %s && { %s; }", l->name, x->dir,
				l->command);

		for (int c = 1; c < 256; c++) {
			bool kept = l->control || (c >= 0x20 && c != 0x7f);
			const char text[] = {'x', (char)c, 'y', '\0'};

			ce_buf_adds(&in, l->before);
			l->quote(&in, text);
			ce_buf_adds(&in, l->after);
			ce_buf_addf(&want, "x%cy\n", kept ? c : ' ');
		}
		check(ce_fs_replace(path, ce_buf_str(&in), in.len, NULL, &err));
		if (system(command) != 0)
			continue; /* there is no such program here */
		check(ce_fs_read(out, 1 << 20, &got, &err));
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.data, want.data, want.len);
		unlink(out);
	}
}

static void test_quoting(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	/* A licence text of a lock is one line of a .pc file, whatever it says. */
	ce_quote_pc(&b, "MIT\nCflags: -fplugin=./evil.so\r$c #d");
	assert_string_equal(ce_buf_str(&b), "MIT Cflags: -fplugin=./evil.so $$c \\#d");
	ce_buf_clear(&b);
	ce_quote_meson(&b, "it's \\\n");
	assert_string_equal(ce_buf_str(&b), "it\\'s \\\\ ");
	ce_buf_clear(&b);
	ce_quote_sh(&b, "/usr/bin/x-1.0_y");
	assert_string_equal(ce_buf_str(&b), "/usr/bin/x-1.0_y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_golden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_part_is_in_each_output, setup, teardown),
		cmocka_unit_test(test_components_are_documented),
		cmocka_unit_test_setup_teardown(test_only_what_is_ours_is_touched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_profile_that_is_a_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nvcc_is_asked_what_it_takes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_toolchain_names_what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_written_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_new_lock_gets_a_new_view, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_library_that_goes_takes_its_pc_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_library_for_another_machine_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_view_is_made_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths_that_no_tool_can_carry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_byte_in_each_language, setup, teardown),
		cmocka_unit_test(test_quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
