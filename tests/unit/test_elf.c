/* SPDX-License-Identifier: MIT */
/* Reading ELF files, whole and damaged; and running programs for their output. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"
#include "io/elf.h"
#include "io/spawn.h"

static struct ccenv_error err;

/* A shared library as small as they come: one segment with everything in it. */
struct small {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	Elf64_Dyn dynamic[6];
	char strings[64];
};

static void make_small(struct small *s)
{
	static const char strings[] = "\0libcudart.so.13\0libc.so.6\0$ORIGIN/../lib:/a b:";

	*s = (struct small){0};
	memcpy(s->header.e_ident, ELFMAG, SELFMAG);
	s->header.e_ident[EI_CLASS] = ELFCLASS64;
	s->header.e_ident[EI_DATA] = ELFDATA2LSB;
	s->header.e_machine = EM_AARCH64;
	s->header.e_phoff = offsetof(struct small, segments);
	s->header.e_phnum = 2;
	s->header.e_phentsize = sizeof(Elf64_Phdr);
	s->segments[0] =
		(Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = 0x10000, .p_filesz = sizeof(*s)};
	s->segments[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
		.p_offset = offsetof(struct small, dynamic),
		.p_filesz = sizeof(s->dynamic)};
	s->dynamic[0] = (Elf64_Dyn){DT_NEEDED, {1}};
	s->dynamic[1] = (Elf64_Dyn){DT_NEEDED, {17}};
	s->dynamic[2] = (Elf64_Dyn){DT_RUNPATH, {27}};
	s->dynamic[3] = (Elf64_Dyn){DT_STRTAB, {0x10000 + offsetof(struct small, strings)}};
	s->dynamic[4] = (Elf64_Dyn){DT_STRSZ, {sizeof(s->strings)}};
	memcpy(s->strings, strings, sizeof(strings));
}

static char path[] = "/tmp/ccenv-elf-XXXXXX";

static int read_bytes(const void *data, size_t n, struct ce_elf *ret)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return ce_elf_read(path, ret, &err);
}

static void test_whole(void **state)
{
	struct small s;
	struct ce_elf e;

	(void)state;
	make_small(&s);
	assert_int_equal(read_bytes(&s, sizeof(s), &e), 0);
	assert_int_equal(e.machine, EM_AARCH64);
	assert_int_equal(e.n_needed, 2);
	assert_string_equal(e.needed[0], "libcudart.so.13");
	assert_string_equal(e.needed[1], "libc.so.6");
	assert_int_equal(e.n_run_path, 3);
	assert_string_equal(e.run_path[0], "$ORIGIN/../lib");
	assert_string_equal(e.run_path[1], "/a b");
	assert_string_equal(e.run_path[2], "");
	ce_elf_release(&e);
}

/* RPATH is what old linkers wrote; RUNPATH switches it off. */
static void test_rpath(void **state)
{
	struct small s;
	struct ce_elf e;

	(void)state;
	make_small(&s);
	s.dynamic[2].d_tag = DT_RPATH;
	assert_int_equal(read_bytes(&s, sizeof(s), &e), 0);
	assert_int_equal(e.n_run_path, 3);
	ce_elf_release(&e);
	s.dynamic[1] = (Elf64_Dyn){DT_RUNPATH, {17}};
	assert_int_equal(read_bytes(&s, sizeof(s), &e), 0);
	assert_int_equal(e.n_run_path, 1);
	assert_string_equal(e.run_path[0], "libc.so.6");
	ce_elf_release(&e);
}

static void test_own_program(void **state)
{
	struct ce_elf e;
	bool libc = false;

	(void)state;
	assert_int_equal(ce_elf_read("/proc/self/exe", &e, &err), 0);
	for (size_t i = 0; i < e.n_needed; i++)
		libc = libc || strcmp(e.needed[i], "libc.so.6") == 0;
	assert_true(libc);
	ce_elf_release(&e);
}

static void test_no_elf(void **state)
{
	struct small s;
	struct ce_elf e;

	(void)state;
	assert_int_equal(read_bytes("#!/bin/sh\n", 10, &e), CCENV_EDATA);
	assert_non_null(strstr(err.text, "is not an ELF file"));
	make_small(&s);
	s.header.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(read_bytes(&s, sizeof(s), &e), CCENV_EDATA);
	assert_int_equal(ce_elf_read("/nowhere/at/all", &e, &err), CCENV_EIO);
}

/* Cut anywhere, or with any byte of its headers changed, it is refused or read: never more. */
static void test_damaged(void **state)
{
	struct small s;
	struct ce_elf e;

	(void)state;
	make_small(&s);
	for (size_t n = 0; n < sizeof(s); n++)
		assert_int_equal(read_bytes(&s, n, &e), CCENV_EDATA);
	for (size_t i = 0; i < sizeof(s); i++)
		for (int bit = 0; bit < 8; bit += 7) {
			make_small(&s);
			((unsigned char *)&s)[i] ^= (unsigned char)(1 << bit);
			if (read_bytes(&s, sizeof(s), &e) == 0)
				ce_elf_release(&e);
		}
	make_small(&s);
	s.dynamic[4].d_un.d_val = UINT64_MAX;
	assert_int_equal(read_bytes(&s, sizeof(s), &e), CCENV_EDATA);
	make_small(&s);
	s.dynamic[0].d_un.d_val = sizeof(s.strings);
	assert_int_equal(read_bytes(&s, sizeof(s), &e), CCENV_EDATA);
}

static void test_spawn(void **state)
{
	const char *const both[] = {"sh", "-c", "echo out; echo err >&2; exit 3", NULL};
	const char *const much[] = {"sh", "-c", "while echo 0123456789; do :; done", NULL};
	const char *const killed[] = {"sh", "-c", "kill -9 $$", NULL};
	const char *const slow[] = {"sh", "-c", "exec >&- 2>&-; sleep 600", NULL};
	const char *const none[] = {"/nowhere/at/all", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {.max = 100};
	int status;

	(void)state;
	assert_int_equal(ce_spawn_read(both, 10, &out, &status, &err), 0);
	assert_string_equal(ce_buf_str(&out), "out\nerr\n");
	assert_int_equal(status, 3);
	assert_int_equal(ce_spawn_read(killed, 10, &out, &status, &err), 0);
	assert_int_equal(status, 128 + 9);
	/* More than the limits, though its output is closed; and more than the limit of that. */
	assert_int_equal(ce_spawn_read(slow, 1, &out, &status, &err), CCENV_EIO);
	assert_non_null(strstr(err.text, "sh did not end within 1 seconds"));
	assert_int_equal(ce_spawn_read(much, 60, &out, &status, &err), CCENV_EIO);
	assert_true(out.len <= 100);
	assert_non_null(strstr(err.text, "sh prints more than 100 bytes"));
	assert_int_equal(ce_spawn_read(none, 1, &out, &status, &err), CCENV_EIO);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_rpath),
		cmocka_unit_test(test_own_program),
		cmocka_unit_test(test_no_elf),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_spawn),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
