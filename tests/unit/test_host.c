/* SPDX-License-Identifier: MIT */
/*
 * Virtual packages. Arguments pick what needs a process of its own: "nvml" with a fake libnvidia-ml
 * on the library path, "lies" with a fake libcuda too, "stub" with the first one in a folder called
 * stubs, "slow" for the time limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "io/archspec.h"
#include "io/certificates.h"
#include "io/host.h"
#include "model/request.h"

static char scratch[] = "/tmp/ccenv-test-host-XXXXXX";

static int make_scratch(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int drop_scratch(void **state)
{
	struct ccenv_error err;

	(void)state;
	return ce_fs_remove_tree(scratch, &err);
}

/* The environment of the code under test. */
static const char *const *variables; /* name, value, …, NULL */

static const char *fake_getenv(const char *name)
{
	for (const char *const *v = variables; v && *v; v += 2)
		if (strcmp(v[0], name) == 0)
			return v[1];
	return NULL;
}

static struct ce_host_gpu asked;

static char *format(const struct ce_virtual *virtuals, size_t n)
{
	struct ce_buf b = {0};

	for (size_t i = 0; i < n; i++)
		ce_buf_addf(&b, "%s%s=%s=%s", i ? " " : "", virtuals[i].name, virtuals[i].version,
			virtuals[i].build);
	return ce_buf_steal(&b);
}

static void expect_virtuals(const char *const *env, const char *expected)
{
	CE_AUTOFREE char *text = NULL;
	struct ce_arena arena = {0};
	struct ce_virtual *virtuals;
	struct ccenv_error err;
	size_t n;

	variables = env;
	if (ce_host_virtuals(fake_getenv, &asked, &arena, &virtuals, &n, &err) < 0)
		fail_msg("%s", err.text);
	text = format(virtuals, n);
	assert_string_equal(text, expected);
	ce_arena_release(&arena);
}

static void test_overrides(void **state)
{
	static const char *const all[] = {"CONDA_OVERRIDE_LINUX", "5.10.2", "CONDA_OVERRIDE_GLIBC",
		"2.31", "CONDA_OVERRIDE_ARCHSPEC", "zen4", "CONDA_OVERRIDE_CUDA", "12.4",
		"CONDA_OVERRIDE_CUDA_ARCH", "8.6", NULL};
	static const char *const hidden[] = {"CONDA_OVERRIDE_LINUX", "", "CONDA_OVERRIDE_GLIBC", "",
		"CONDA_OVERRIDE_ARCHSPEC", "", "CONDA_OVERRIDE_CUDA", "", NULL};
	/* Without __cuda there is no __cuda_arch, whatever is said of it. */
	static const char *const no_cuda[] = {"CONDA_OVERRIDE_LINUX", "", "CONDA_OVERRIDE_GLIBC",
		"", "CONDA_OVERRIDE_ARCHSPEC", "", "CONDA_OVERRIDE_CUDA", "",
		"CONDA_OVERRIDE_CUDA_ARCH", "9.0", NULL};

	(void)state;
	expect_virtuals(all, "__archspec=1=zen4 __cuda=12.4=0 __cuda_arch=8.6=0 __glibc=2.31=0 "
			     "__linux=5.10.2=0 __unix=0=0");
	expect_virtuals(hidden, "__unix=0=0");
	expect_virtuals(no_cuda, "__unix=0=0");
}

/* As rattler reads them. */
static void test_versions(void **state)
{
	static const char *const good[] = {"0", "12", "12.4", "12.4.1", "12.4.1.5.6", "12.4rc1",
		"12.4-1", "12_4", "12.4+1", "1!12.4", "5.10.0-8-amd64", "2.31-ubuntu"};
	static const char *const no_pairs[] = {
		"0", "12", "8.6.1", "8.6a", "sm_86", "86", "8.", ".6", "8.6 "};
	struct ce_arena arena = {0};
	struct ce_virtual *virtuals;
	struct ccenv_error err;
	size_t n;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(good); i++) {
		const char *const env[] = {"CONDA_OVERRIDE_LINUX", good[i], "CONDA_OVERRIDE_GLIBC",
			"", "CONDA_OVERRIDE_ARCHSPEC", "", "CONDA_OVERRIDE_CUDA", "", NULL};
		CE_AUTOFREE char *want = ce_asprintf("__linux=%s=0 __unix=0=0", good[i]);

		expect_virtuals(env, want);
	}
	for (size_t i = 0; i < CE_COUNT(no_pairs); i++) {
		const char *const env[] = {"CONDA_OVERRIDE_CUDA", "12.4",
			"CONDA_OVERRIDE_CUDA_ARCH", no_pairs[i], NULL};

		variables = env;
		assert_int_equal(ce_host_virtuals(fake_getenv, &asked, &arena, &virtuals, &n, &err),
			CCENV_EUSAGE);
	}
	ce_arena_release(&arena);
}

static void test_bad_overrides(void **state)
{
	static const char *const bad[][3] = {{"CONDA_OVERRIDE_CUDA", "new", NULL},
		{"CONDA_OVERRIDE_CUDA", "12.", NULL}, {"CONDA_OVERRIDE_CUDA", " 12", NULL},
		{"CONDA_OVERRIDE_CUDA", "12 ", NULL}, {"CONDA_OVERRIDE_CUDA", "v12.4", NULL},
		{"CONDA_OVERRIDE_CUDA", "12.*", NULL}, {"CONDA_OVERRIDE_CUDA", ">=12", NULL},
		{"CONDA_OVERRIDE_CUDA", "12,4", NULL}, {"CONDA_OVERRIDE_CUDA", "12..4", NULL},
		{"CONDA_OVERRIDE_CUDA", "none", NULL}, {"CONDA_OVERRIDE_CUDA", "-1", NULL},
		{"CONDA_OVERRIDE_LINUX", "5.10/4", NULL}, {"CONDA_OVERRIDE_GLIBC", "2.31-", NULL},
		{"CONDA_OVERRIDE_ARCHSPEC", "x86 64", NULL}};
	struct ce_arena arena = {0};
	struct ce_virtual *virtuals;
	struct ccenv_error err;
	size_t n;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(bad); i++) {
		variables = bad[i];
		assert_int_equal(ce_host_virtuals(fake_getenv, &asked, &arena, &virtuals, &n, &err),
			CCENV_EUSAGE);
		assert_non_null(strstr(err.text, bad[i][0]));
		assert_non_null(strstr(err.text, bad[i][1]));
	}
	variables = bad[0];
	(void)!ce_host_virtuals(fake_getenv, &asked, &arena, &virtuals, &n, &err);
	assert_string_equal(err.text,
		"CONDA_OVERRIDE_CUDA=new: expected a version such as 12.4, or "
		"nothing to hide __cuda");
	ce_arena_release(&arena);
}

/* What this machine says, without a GPU's part. */
static void test_this_machine(void **state)
{
	static const char *const no_cuda[] = {"CONDA_OVERRIDE_CUDA", "", NULL};
	struct ce_arena arena = {0};
	struct ce_virtual *v;
	struct ccenv_error err;
	size_t n;

	(void)state;
	variables = no_cuda;
	assert_int_equal(ce_host_virtuals(fake_getenv, &asked, &arena, &v, &n, &err), 0);
#if defined(__linux__) && defined(__GLIBC__)
	char libc[32];

	(void)snprintf(libc, sizeof(libc), "%d.%d", __GLIBC__, __GLIBC_MINOR__);
	assert_int_equal(n, 4);
	assert_string_equal(v[0].name, "__archspec");
	assert_string_equal(v[0].version, "1");
	assert_string_equal(v[1].name, "__glibc");
	assert_true(strtod(v[1].version, NULL) >= 2.0);
	assert_string_equal(v[1].version, libc); /* built where it runs */
	assert_string_equal(v[2].name, "__linux");
	assert_true(strchr(v[2].version, '.') && !strpbrk(v[2].version, "-+abcdefghijklmnop"));
	assert_string_equal(v[3].name, "__unix");
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		assert_true(strcmp(v[0].build, "x86_64") != 0);
	if (!__builtin_cpu_supports("avx512f"))
		assert_true(strcmp(v[0].build, "x86_64_v4") != 0);
#endif
#endif
	ce_arena_release(&arena);
}

/* What archspec itself makes of processors: tests/data/archspec.txt, by scripts/make-archspec. */
static void test_archspec(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error err;
	unsigned n = 0;

	(void)state;
	assert_int_equal(ce_fs_read(TEST_DATA "/data/archspec.txt", 1 << 20, &text, &err), 0);
	for (char *line, *rest = text.data; (line = strsep(&rest, "\n")) != NULL && *line; n++) {
		char *name = strchr(line, '|'), *cpuinfo = name ? strchr(name + 1, '|') : NULL;

		assert_non_null(cpuinfo);
		*name++ = '\0';
		*cpuinfo++ = '\0';
		for (char *p = cpuinfo; (p = strchr(p, ';')) != NULL;)
			*p = '\n';
		const char *found = ce_archspec_detect(line, cpuinfo);
		if (!found || strcmp(found, name) != 0)
			fail_msg("%s, not %s: %s", found, name, cpuinfo);
	}
	assert_true(n > 300);
	/* Nothing known, a machine without a table, and what is behind the first processor. */
	assert_string_equal(ce_archspec_detect("x86_64", ""), "x86_64");
	assert_string_equal(ce_archspec_detect("aarch64", "garbage\n\n:::\n"), "aarch64");
	assert_null(ce_archspec_detect("sparc64", "cpu: x"));
	assert_string_equal(
		ce_archspec_detect("ppc64le", "cpu\t: POWER8 (raw)\n\ncpu : POWER9\n"), "power8le");
}

static void test_defaults(void **state)
{
	static const char *const cases[][2] = {
		{"linux-64", "__archspec=1=x86_64 __glibc=2.28=0 __linux=4.18=0 __unix=0=0"},
		{"linux-aarch64", "__archspec=1=aarch64 __glibc=2.28=0 __linux=4.18=0 __unix=0=0"},
		{"osx-arm64", "__archspec=1=m1 __osx=13.0=0 __unix=0=0"},
		{"osx-64", "__archspec=1=x86_64 __osx=13.0=0 __unix=0=0"},
		{"win-64", "__archspec=1=x86_64 __win=10.0=0"}, {"noarch", ""}};
	struct ce_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		CE_AUTOFREE char *text = NULL;
		struct ce_virtual *virtuals;
		size_t n;

		ce_host_defaults(cases[i][0], &arena, &virtuals, &n);
		text = format(virtuals, n);
		assert_string_equal(text, cases[i][1]);
	}
	ce_arena_release(&arena);
}

/* Makes scratch/nvidia-smi. */
static void write_smi(const char *script)
{
	CE_AUTOFREE char *path = ce_path_join(scratch, "nvidia-smi");
	struct ccenv_error err;

	assert_int_equal(ce_fs_replace(path, script, strlen(script), NULL, &err), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static struct ce_host_gpu ask_smi(const char *path)
{
	const char *const env[] = {"PATH", path, NULL};
	struct ce_host_gpu gpu;

	variables = env;
	ce_host_gpu(fake_getenv, CE_HOST_SMI, &gpu);
	return gpu;
}

static void test_smi(void **state)
{
	CE_AUTOFREE char *path = ce_asprintf("/nonexistent:%s:/bin", scratch);
	CE_AUTOFREE char *cwd = getcwd(NULL, 0);
	struct ce_host_gpu gpu;

	(void)state;
	write_smi(
		"#!/bin/sh\n"
		"echo noise >&2\n"
		"case $1 in\n"
		"-q) echo '<nvidia_smi_log><cuda_version>12.8</cuda_version></nvidia_smi_log>' ;;\n"
		"*) printf '8.9\\n7.5\\n[N/A]\\n9.0\\n' ;;\n"
		"esac\n");
	gpu = ask_smi(path);
	assert_int_equal(gpu.source, CE_HOST_SMI);
	assert_int_equal(gpu.cuda_major, 12);
	assert_int_equal(gpu.cuda_minor, 8);
	assert_int_equal(gpu.arch_major, 7);
	assert_int_equal(gpu.arch_minor, 5);
	/* Nothing is run from a relative entry of PATH. */
	assert_int_equal(chdir(scratch), 0);
	assert_int_equal(ask_smi(".::bin").cuda_major, 0);
	assert_int_equal(chdir(cwd), 0);
	assert_int_equal(ask_smi("").cuda_major, 0);
	/* A driver without a version, one that makes no sense, one that talks without end. */
	write_smi("#!/bin/sh\necho '<cuda_version>N/A</cuda_version>'\n");
	assert_int_equal(ask_smi(path).cuda_major, 0);
	write_smi("#!/bin/sh\necho '<cuda_version>0.0</cuda_version>'\n");
	assert_int_equal(ask_smi(path).cuda_major, 0);
	write_smi("#!/bin/sh\nexec yes\n");
	assert_int_equal(ask_smi(path).cuda_major, 0);
	write_smi("#!/bin/sh\nexit 9\n");
	assert_int_equal(ask_smi(path).cuda_major, 0);
}

/* A driver that hangs costs the limit and no more; what it started is gone too. */
static void test_limit(void **state)
{
	static const struct timespec ms10 = {.tv_nsec = 10 * 1000 * 1000};
	CE_AUTOFREE char *fifo = ce_path_join(scratch, "fifo");
	CE_AUTOFREE char *script = ce_asprintf(
		"#!/bin/sh\nexec 3>%s\nPATH=/usr/bin:/bin\nsleep 600 &\nsleep 600\n", fifo);
	time_t begin = time(NULL);
	ssize_t n = -1;
	int fd;
	char c;

	(void)state;
	write_smi(script);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ask_smi(scratch).cuda_major, 0);
	assert_in_range(time(NULL) - begin, 4, 300);
	/* The end of the pipe: nobody has it open any more. */
	for (int i = 0; i < 6000 && n < 0; i++) {
		(void)nanosleep(&ms10, NULL);
		n = read(fd, &c, 1);
	}
	assert_int_equal(n, 0);
	close(fd);
}

static void test_nvml(void **state)
{
	static const char *const env[] = {"CONDA_OVERRIDE_LINUX", "", "CONDA_OVERRIDE_GLIBC", "",
		"CONDA_OVERRIDE_ARCHSPEC", "", NULL};
	static const char *const no_arch[] = {"CONDA_OVERRIDE_LINUX", "", "CONDA_OVERRIDE_GLIBC",
		"", "CONDA_OVERRIDE_ARCHSPEC", "", "CONDA_OVERRIDE_CUDA_ARCH", "", NULL};
	struct ce_host_gpu gpu;

	(void)state;
	variables = NULL;
	ce_host_gpu(fake_getenv, CE_HOST_ALL, &gpu);
	assert_int_equal(gpu.source, CE_HOST_NVML);
	expect_virtuals(env, "__cuda=12.7=0 __cuda_arch=8.6=0 __unix=0=0");
	expect_virtuals(no_arch, "__cuda=12.7=0 __unix=0=0");
}

/* ---- every fact from every source, whatever the others say ---- */

/* What a source that misbehaves so can still be believed to know. */
struct lie {
	const char *lie;
	bool driver, arch;
};

static const struct lie lies[] = {
	{"", true, true}, {"init-error", false, false}, {"init-crash", false, false},
	{"init-exit", false, false}, {"driver-0", false, true}, {"driver-huge", false, true},
	{"driver-negative", false, true}, {"driver-error", false, true},
	{"driver-crash", false, false}, {"devices-0", true, false}, {"devices-error", true, false},
	{"devices-huge", true, true}, {"arch-0", true, false}, {"arch-negative", true, false},
	{"arch-huge", true, false}, {"arch-error", true, false}, {"arch-crash", true, false},
	{"arch-exit", true, false}, {"stub", false, false}, /* libcuda's own */
};

/* nvidia-smi: both facts, one of them, none. */
static const struct {
	const char *script;
	bool driver, arch;
} smis[] = {
	{"#!/bin/sh\ncase $1 in -q) echo '<cuda_version>12.2</cuda_version>';; *) echo 7.5;; esac\n",
		true, true},
	{"#!/bin/sh\ncase $1 in -q) echo '<cuda_version>12.2</cuda_version>';; *) echo '[N/A]';; esac\n",
		true, false},
	{"#!/bin/sh\ncase $1 in -q) echo '<cuda_version>N/A</cuda_version>';; *) echo 7.5;; esac\n",
		false, true},
	{"#!/bin/sh\necho 'Failed to initialize NVML'; exit 18\n", false, false},
};

static void expect_gpu(const struct lie *nvml, const struct lie *cuda, size_t smi)
{
	/* libcuda tells its version before it is initialized. */
	bool cuda_driver = cuda->driver || ce_has_prefix(cuda->lie, "init-");
	int driver = nvml->driver ? 127 : cuda_driver ? 124 : smis[smi].driver ? 122 : 0;
	int arch = nvml->arch ? 86 : cuda->arch ? 87 : smis[smi].arch ? 75 : 0;
	const char *const env[] = {"PATH", scratch, NULL};
	struct ce_host_gpu gpu;

	setenv("FAKE_NVML", nvml->lie, 1);
	setenv("FAKE_CUDA", cuda->lie, 1);
	variables = env;
	ce_host_gpu(fake_getenv, CE_HOST_ALL, &gpu);
	int found_driver = gpu.cuda_major * 10 + gpu.cuda_minor;
	int found_arch = gpu.arch_major * 10 + gpu.arch_minor;
	/* A device without a driver is none. */
	if (found_driver != driver || found_arch != (driver ? arch : 0))
		fail_msg(
			"nvml \"%s\", libcuda \"%s\", nvidia-smi %zu: driver %d, not %d; arch %d, not %d",
			nvml->lie, cuda->lie, smi, found_driver, driver, found_arch, arch);
}

static void test_lies(void **state)
{
	const struct lie *bad = &lies[1];

	(void)state;
	write_smi(smis[0].script);
	for (size_t i = 0; i < CE_COUNT(lies) - 1; i++) {
		for (size_t k = 0; k < CE_COUNT(lies); k++)
			expect_gpu(&lies[i], &lies[k], 0);
	}
	for (size_t smi = 1; smi < CE_COUNT(smis); smi++) {
		write_smi(smis[smi].script);
		for (size_t i = 0; i < CE_COUNT(lies) - 1; i++) {
			expect_gpu(&lies[i], &lies[CE_COUNT(lies) - 1], smi);
			expect_gpu(bad, &lies[i], smi);
		}
	}
}

/* One that hangs at the second question has answered the first. */
static void test_hang(void **state)
{
	static const struct lie hang = {"arch-hang", true, false};
	time_t begin = time(NULL);

	(void)state;
	expect_gpu(&hang, &lies[0], 0);
	assert_in_range(time(NULL) - begin, 4, 60);
}

/* A stub library says what the toolkit is, not what the driver is. */
static void test_stub(void **state)
{
	struct ce_host_gpu gpu;

	(void)state;
	variables = NULL;
	ce_host_gpu(fake_getenv, CE_HOST_NVML, &gpu);
	assert_false(gpu.cuda_major == 12 && gpu.cuda_minor == 7);
}

/* A file goes before a folder, whose names may not be hashed. */
static void test_certificates(void **state)
{
	static const char *const dirs[] = {"etc/ssl/certs", "etc/pki/tls/certs"};
	static const char *const files[] = {"/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/certs/ca-certificates.crt"};
	char root[] = "/tmp/ccenv-test-host-XXXXXX";
	struct ccenv_error err;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_null(ce_certificates_find(root).path);
	for (size_t i = 0; i < CE_COUNT(dirs); i++) {
		CE_AUTOFREE char *path = ce_path_join(root, dirs[i]);

		assert_int_equal(ce_fs_mkdirs(path, &err), 0);
	}
	assert_string_equal(ce_certificates_find(root).path, "/etc/ssl/certs");
	assert_true(ce_certificates_find(root).dir);
	/* Each one that is added goes before those that were there. */
	for (size_t i = 0; i < CE_COUNT(files); i++) {
		CE_AUTOFREE char *path = ce_asprintf("%s%s", root, files[i]);
		CE_AUTOFREE char *dir = ce_strndup(path, (size_t)(strrchr(path, '/') - path));

		assert_int_equal(ce_fs_mkdirs(dir, &err), 0);
		assert_int_equal(ce_fs_replace(path, "x", 1, NULL, &err), 0);
		assert_string_equal(ce_certificates_find(root).path, files[i]);
		assert_false(ce_certificates_find(root).dir);
	}
	assert_int_equal(ce_fs_remove_tree(root, &err), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_bad_overrides),
		cmocka_unit_test(test_this_machine),
		cmocka_unit_test(test_archspec),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test_setup_teardown(test_smi, make_scratch, drop_scratch),
	};
	const struct CMUnitTest nvml[] = {cmocka_unit_test(test_nvml)};
	const struct CMUnitTest stub[] = {cmocka_unit_test(test_stub)};
	const struct CMUnitTest lying[] = {
		cmocka_unit_test_setup_teardown(test_lies, make_scratch, drop_scratch),
	};
	const struct CMUnitTest slow[] = {cmocka_unit_test(test_hang),
		cmocka_unit_test_setup_teardown(test_limit, make_scratch, drop_scratch)};
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "nvml") == 0)
		return cmocka_run_group_tests(nvml, NULL, NULL);
	if (strcmp(what, "stub") == 0)
		return cmocka_run_group_tests(stub, NULL, NULL);
	if (strcmp(what, "lies") == 0)
		return cmocka_run_group_tests(lying, NULL, NULL);
	if (strcmp(what, "slow") == 0)
		return cmocka_run_group_tests(slow, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
