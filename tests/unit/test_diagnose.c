/* SPDX-License-Identifier: MIT */
/* ccenv doctor on machines that are made up: each fault has its finding, and a sound machine none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/diagnose.h"
#include "base/alloc.h"
#include "base/arena.h"

static const struct ce_facts sound = {
	.driver_major = 12,
	.driver_minor = 9,
	.gpu_major = 9,
	.glibc = "2.36",
	.cmake = "3.31.6",
	.places = {{.path = "/b", .free_bytes = 1ULL << 40, .free_files = UINT64_MAX, .dev = 1},
		{.path = "/c", .free_bytes = 1ULL << 40, .free_files = UINT64_MAX, .dev = 1}},
	.manifest = "/p/ccenv.json",
	.lock = "/p/ccenv.lock",
	.cuda = "12.9",
	.sysroot = "2.28",
	.has_gcc = true,
	.locked_bytes = 1 << 30,
	.root = CE_ROOT_READY,
};

/* The worst of one check; the text of that finding in *ret_text (may be NULL). */
static enum ccenv_severity worst(
	const struct ce_facts *f, const char *check, struct ce_arena *a, const char **ret_text)
{
	struct ccenv_diagnoses list = {0};
	enum ccenv_severity severity = CCENV_FINE;
	bool made = false;

	ce_diagnose(f, a, &list);
	for (size_t i = 0; i < list.n; i++) {
		const struct ccenv_diagnosis *d = &list.items[i];

		/* What is to be cured has a cure. */
		assert_true(d->severity == CCENV_FINE || (d->cure && *d->cure));
		if (strcmp(d->check, check) != 0 || (made && d->severity <= severity))
			continue;
		made = true;
		severity = d->severity;
		if (ret_text)
			*ret_text = d->text;
	}
	assert_true(made);
	assert_true(severity <= list.worst);
	return severity;
}

/* One fact is another than on the sound machine: what does the check say? */
#define CHECK(expected, check, words, ...)                                                         \
	do {                                                                                       \
		CE_CLEANUP(ce_arena_release) struct ce_arena a_ = {0};                             \
		struct ce_facts f = sound;                                                         \
		const char *text_ = NULL;                                                          \
		__VA_ARGS__;                                                                       \
		assert_int_equal(worst(&f, check, &a_, &text_), expected);                         \
		assert_non_null(strstr(text_, words));                                             \
	} while (0)

static void test_sound(void **state)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ccenv_diagnoses list = {0};

	(void)state;
	ce_diagnose(&sound, &a, &list);
	assert_int_equal(list.worst, CCENV_FINE);
	for (size_t i = 0; i < list.n; i++)
		assert_null(list.items[i].cure);
}

static void test_driver(void **state)
{
	(void)state;
	/* A later driver, of the same major release or not, runs everything. */
	CHECK(CCENV_FINE, "driver", "12.9 is locked", f.driver_major = 13, f.driver_minor = 0);
	CHECK(CCENV_FINE, "driver", "12.0 is locked", f.cuda = "12.0");
	/* Minor-version compatibility. */
	CHECK(CCENV_WARNING, "driver", "12.4", f.driver_minor = 4);
	CHECK(CCENV_WARNING, "driver", "12.0", f.driver_minor = 0);
	/* Another major release. */
	CHECK(CCENV_PROBLEM, "driver", "not run", f.cuda = "13.0");
	CHECK(CCENV_PROBLEM, "driver", "not run", f.driver_major = 11, f.driver_minor = 8);
	CHECK(CCENV_NOTE, "driver", "no NVIDIA driver", f.driver_major = 0);
	CHECK(CCENV_FINE, "driver", "no NVIDIA driver", f.driver_major = 0, f.cuda = NULL);
}

static void test_gpu(void **state)
{
	(void)state;
	CHECK(CCENV_FINE, "gpu", "9.0", f.gpu_major = 9);
	CHECK(CCENV_PROBLEM, "gpu", "6.1", f.gpu_major = 6, f.gpu_minor = 1, f.driver_major = 13,
		f.cuda = "13.0");
	CHECK(CCENV_FINE, "gpu", "6.1", f.gpu_major = 6, f.gpu_minor = 1);
	CHECK(CCENV_WARNING, "gpu", "12.0", f.gpu_major = 12, f.cuda = "12.4");
}

static void test_glibc(void **state)
{
	(void)state;
	CHECK(CCENV_WARNING, "glibc", "2.39", f.sysroot = "2.39");
	CHECK(CCENV_FINE, "glibc", "2.36", f.sysroot = "2.36");
	CHECK(CCENV_FINE, "glibc", "2.9", f.sysroot = "2.9"); /* 2.9 is before 2.36 */
	CHECK(CCENV_PROBLEM, "glibc", "needs",
		f.host_lacks = "x needs __glibc >=2.40; use a newer machine");
}

static void test_places(void **state)
{
	(void)state;
	CHECK(CCENV_PROBLEM, "disk", "GiB left", f.root = CE_ROOT_NONE,
		f.places[1].free_bytes = 1 << 20);
	CHECK(CCENV_WARNING, "disk", "may need", f.root = CE_ROOT_NONE,
		f.places[1].free_bytes = 2ULL << 30);
	/* Nothing more is written once it is installed; linked files need no room. */
	CHECK(CCENV_FINE, "disk", "left", f.places[1].free_bytes = 1 << 20);
	CHECK(CCENV_FINE, "disk", "left", f.root = CE_ROOT_NONE, f.places[0].free_bytes = 0);
	CHECK(CCENV_PROBLEM, "disk", "build tree", f.root = CE_ROOT_NONE, f.places[0].dev = 2,
		f.places[0].free_bytes = 0);
	CHECK(CCENV_WARNING, "disk", "files", f.root = CE_ROOT_NONE, f.places[1].free_files = 10);
	CHECK(CCENV_PROBLEM, "file-system", "noexec", f.places[0].no_exec = true);
	CHECK(CCENV_PROBLEM, "file-system", "written", f.places[1].read_only = true);
	CHECK(CCENV_PROBLEM, "file-system", "vfat", f.places[0].no_links = true,
		f.places[0].fs = "vfat");
	CHECK(CCENV_WARNING, "file-system", "nfs", f.places[1].network = true,
		f.places[1].fs = "nfs");
	CHECK(CCENV_NOTE, "file-system", "copied", f.places[0].dev = 2);
	CHECK(CCENV_PROBLEM, "cache", "others",
		f.cache_shared = "a: others can write to it: take that away");
}

static void test_environment(void **state)
{
	const char *one[] = {"LD_LIBRARY_PATH"}, *toolkit[] = {"/usr/local/cuda"};
	const char *header[] = {"/usr/include/cuda_runtime.h"};

	(void)state;
	CHECK(CCENV_WARNING, "variables", one[0], f.variables = ((struct ce_strs){one, 1}));
	CHECK(CCENV_PROBLEM, "cmake", "too old", f.cmake = "3.18.4");
	CHECK(CCENV_PROBLEM, "cmake", "3.25.0", f.cmake = "3.25.0");
	CHECK(CCENV_FINE, "cmake", "3.25.1", f.cmake = "3.25.1");
	CHECK(CCENV_FINE, "cmake", "4.1", f.cmake = "4.1");
	CHECK(CCENV_NOTE, "cmake", "no cmake", f.cmake = NULL);
	CHECK(CCENV_NOTE, "toolkit", toolkit[0], f.toolkits = ((struct ce_strs){toolkit, 1}));
	CHECK(CCENV_NOTE, "toolkit", header[0], f.toolkits = ((struct ce_strs){header, 1}));
	CHECK(CCENV_WARNING, "toolkit", header[0], f.has_gcc = false,
		f.toolkits = ((struct ce_strs){header, 1}));
}

static void test_project(void **state)
{
	(void)state;
	CHECK(CCENV_NOTE, "project", "no ccenv.json", f.manifest = NULL);
	CHECK(CCENV_PROBLEM, "project", "belongs", f.untrusted = "it belongs to another: name it");
	CHECK(CCENV_PROBLEM, "lock", "no lock", f.lock = NULL);
	CHECK(CCENV_PROBLEM, "lock", "out of date", f.unlocked = "it is out of date");
	CHECK(CCENV_NOTE, "root", "nothing", f.root = CE_ROOT_NONE);
	CHECK(CCENV_PROBLEM, "root", "not what is locked", f.root = CE_ROOT_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_driver),
		cmocka_unit_test(test_gpu),
		cmocka_unit_test(test_glibc),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_project),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
