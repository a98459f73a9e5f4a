/* SPDX-License-Identifier: MIT */
/* base/: temporary names and what becomes of them, locks, removal of trees, copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/copy.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/stage.h"
#include "base/syscalls.h"
#include "ccenv/ccenv.h"

static char scratch[64];
static bool no_exchange; /* as on file systems that cannot exchange two names */

int renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
	if (no_exchange) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, a, to, b, flags);
}

static int make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/ccenv-test-stage-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static int drop_scratch(void **state)
{
	struct ccenv_error err;

	(void)state;
	return ce_fs_remove_tree(scratch, &err);
}

static char *in_scratch(const char *name)
{
	return ce_path_join(scratch, name);
}

static void write_text(const char *path, const char *text)
{
	struct ccenv_error err;

	assert_int_equal(ce_fs_replace(path, text, strlen(text), NULL, &err), 0);
}

static void assert_holds(const char *path, const char *text)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	assert_int_equal(ce_fs_read(path, 1 << 20, &b, &err), 0);
	assert_string_equal(ce_buf_str(&b), text);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in the scratch directory, sorted, each with a space behind it. */
static char *names(void)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	char *list[64];
	size_t n = 0;
	DIR *dir = opendir(scratch);
	struct dirent *e;

	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
			n < CE_COUNT(list))
			list[n++] = ce_strdup(e->d_name);
	closedir(dir);
	qsort(list, n, sizeof(list[0]), compare_names);
	for (size_t i = 0; i < n; i++) {
		ce_buf_addf(&out, "%s ", list[i]);
		free(list[i]);
	}
	return ce_buf_steal(&out);
}

static void assert_names(const char *want)
{
	CE_AUTOFREE char *found = names();

	assert_string_equal(found, want);
}

/* Lets what is at the stage's name be as a killed process leaves it: there, and not locked. */
static void let_die(struct ce_stage *s)
{
	ce_fs_closep(&s->fd);
	ce_fs_closep(&s->lock);
	free(s->tmp);
	free(s->path);
	*s = (struct ce_stage)CE_STAGE_NONE;
}

static void test_file(void **state)
{
	CE_AUTOFREE char *path = in_scratch("file");
	struct ce_stage s = CE_STAGE_NONE;
	struct ccenv_error err;

	(void)state;
	write_text(path, "old");
	assert_int_equal(ce_stage_file(path, 0666, &s, &err), 0);
	assert_int_equal(ce_fs_write_all(s.fd, "new", 3), 0);
	ce_stage_sweep(scratch); /* it is being made */
	assert_true(ce_fs_exists(s.tmp));
	assert_holds(path, "old");
	ce_stage_drop(&s);
	assert_holds(path, "old");
	assert_names("file ");
	assert_int_equal(ce_stage_file(path, 0666, &s, &err), 0);
	assert_int_equal(ce_fs_write_all(s.fd, "new", 3), 0);
	assert_int_equal(ce_stage_commit(&s, &err), 0);
	ce_stage_drop(&s);
	assert_holds(path, "new");
	assert_names("file ");
	assert_int_equal(ce_stage_file(path, 0666, &s, &err), 0);
	let_die(&s);
	ce_stage_sweep(scratch);
	assert_names("file ");
}

static void test_dir(void **state)
{
	CE_AUTOFREE char *path = in_scratch("dir");
	CE_AUTOFREE char *inside = in_scratch("dir/a");
	struct ccenv_error err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct ce_stage s = CE_STAGE_NONE;
		CE_AUTOFREE char *text = ce_asprintf("%d", i);
		CE_AUTOFREE char *a = NULL;

		assert_int_equal(ce_stage_dir(path, &s, &err), 0);
		a = ce_path_join(s.tmp, "a");
		write_text(a, text);
		ce_stage_sweep(scratch); /* it is being made */
		assert_true(ce_fs_exists(a));
		assert_int_equal(ce_stage_commit(&s, &err), 0);
		assert_int_equal(ce_stage_is_left(s.tmp), i > 0);
		ce_stage_drop(&s);
		assert_holds(inside, text);
		assert_names("dir ");
	}
}

static void test_killed(void **state)
{
	CE_AUTOFREE char *path = in_scratch("dir");
	CE_AUTOFREE char *inside = in_scratch("dir/a");
	CE_AUTOFREE char *old = NULL;
	struct ce_stage s = CE_STAGE_NONE;
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_mkdirs(path, &err), 0);
	write_text(inside, "old");
	assert_int_equal(ce_stage_dir(path, &s, &err), 0);
	let_die(&s);
	ce_stage_sweep(scratch);
	assert_names("dir ");
	/* Between two renames, where there is no exchange. */
	assert_int_equal(ce_stage_dir(path, &s, &err), 0);
	old = ce_asprintf("%s.old", s.tmp);
	assert_int_equal(rename(path, old), 0);
	ce_stage_sweep(scratch);
	assert_false(ce_fs_exists(path)); /* not before the process is gone */
	let_die(&s);
	ce_stage_sweep(scratch);
	assert_holds(inside, "old");
	assert_names("dir ");
}

/* The old directory may be half removed by then: it must not come back where a user has removed the new one. */
static void test_killed_while_removing(void **state)
{
	CE_AUTOFREE char *path = in_scratch("dir");
	CE_AUTOFREE char *inside = in_scratch("dir/a");
	CE_AUTOFREE char *b = NULL;
	struct ce_stage s = CE_STAGE_NONE;
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_mkdirs(path, &err), 0);
	write_text(inside, "old");
	assert_int_equal(ce_stage_dir(path, &s, &err), 0);
	b = ce_path_join(s.tmp, "b");
	write_text(b, "new");
	no_exchange = true;
	assert_int_equal(ce_stage_commit(&s, &err), 0);
	no_exchange = false;
	assert_false(ce_fs_exists(inside));
	assert_true(ce_stage_is_left(s.tmp));
	let_die(&s);
	assert_int_equal(ce_fs_remove_tree(path, &err), 0);
	ce_stage_sweep(scratch);
	assert_names("");
}

static void test_symlink(void **state)
{
	CE_AUTOFREE char *path = in_scratch("link");
	char target[16] = "";
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_stage_symlink("a", path, &err), 0);
	assert_int_equal(ce_stage_symlink("b", path, &err), 0);
	assert_int_equal(readlink(path, target, sizeof(target)), 1);
	assert_string_equal(target, "b");
	assert_names("link ");
	free(CE_TAKE(path));
	path = in_scratch("nowhere/link");
	assert_int_equal(ce_stage_symlink("a", path, &err), CCENV_EIO);
	assert_non_null(strstr(err.text, path));
}

/* What users call their files is never ccenv's, whatever number stands in it. */
static void test_sweep_spares_users(void **state)
{
	static const char *const users[] = {"env.tmp.1", "env.old.2024", "a.json.999999999.Ab3dEf",
		".ccenv-tmp.", ".ccenv-tmp.0123", ".ccenv-tmp.0123456789abcdef0123.x",
		".ccenv-tmp.0123456789abcdef0123X", ".ccenv-tmp.ABCDEF6789abcdef0123",
		"x.ccenv-tmp.0123456789abcdef0123"};
	struct ccenv_error err;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(users); i++) {
		CE_AUTOFREE char *path = in_scratch(users[i]);
		CE_AUTOFREE char *below = ce_path_join(path, "full");
		const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

		if (i % 2)
			assert_int_equal(ce_fs_mkdirs(below, &err), 0);
		else
			write_text(path, "mine");
		assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	}
	ce_stage_sweep(scratch);
	ce_stage_sweep("/nowhere");
	for (size_t i = 0; i < CE_COUNT(users); i++) {
		CE_AUTOFREE char *path = in_scratch(users[i]);

		if (!ce_fs_exists(path))
			fail_msg("%s was removed", path);
	}
}

static void test_remove(void **state)
{
	CE_AUTOFREE char *tree = in_scratch("tree/a/b");
	CE_AUTOFREE char *top = in_scratch("tree");
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_mkdirs(tree, &err), 0);
	assert_int_equal(ce_stage_remove(top, &err), 0);
	assert_int_equal(ce_stage_remove(top, &err), 0);
	assert_names("");
}

/* A lock file that is none is refused, and what it is or leads to stays as it is. */
static void test_lock_file(void **state)
{
	CE_AUTOFREE char *victim = in_scratch("victim");
	CE_AUTOFREE char *path = in_scratch("lock");
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *lock = NULL;
	struct ccenv_error err;

	(void)state;
	write_text(victim, "precious");
	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), CCENV_EIO);
	assert_non_null(strstr(err.text, "is not a lock file"));
	unlink(path);
	assert_int_equal(link(victim, path), 0);
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), CCENV_EIO);
	unlink(path);
	write_text(path, "precious");
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), CCENV_EIO);
	assert_holds(path, "precious");
	unlink(path);
	assert_int_equal(mkfifo(path, 0666), 0);
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), CCENV_EIO);
	assert_holds(victim, "precious");
	unlink(path);
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), 0);
	ce_fs_unlock(CE_TAKE(lock));
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), 0);
}

static void test_lock_removed(void **state)
{
	CE_AUTOFREE char *path = in_scratch("lock");
	const struct ce_fs_wait wait = {.remove = true};
	struct ce_fs_lock *lock;
	struct ccenv_error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ce_fs_lock_wait(path, &wait, &lock, &err), 0);
		assert_names("lock ");
		ce_fs_unlock(lock);
		assert_names("");
	}
}

/* Deeper than descriptors and PATH_MAX go. */
static void test_deep_tree(void **state)
{
	enum {
		DEPTH = 500
	};
	CE_AUTOFREE char *top = in_scratch("deep");
	static const char name[] = "0123456789";
	struct rlimit was, few = {40, 0};
	struct ccenv_error err;
	int at;

	(void)state;
	assert_int_equal(mkdir(top, 0777), 0);
	at = open(top, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < DEPTH; i++) {
		int next;

		assert_int_equal(mkdirat(at, name, 0777), 0);
		if (i % 50 == 0)
			assert_int_equal(
				mkdirat(at, "empty", 0500) + symlinkat("/", at, "link"), 0);
		next = openat(at, name, O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few.rlim_max = was.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(ce_fs_remove_tree(top, &err), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_false(ce_fs_exists(top));
}

/* What is not a regular file is refused at once, however it is reached. */
static void test_odd_files(void **state)
{
	CE_AUTOFREE char *fifo = in_scratch("d/fifo");
	CE_AUTOFREE char *dir = in_scratch("d");
	CE_AUTOFREE char *file = in_scratch("d/file");
	CE_AUTOFREE char *link = in_scratch("d/link");
	CE_AUTOFREE char *dir_link = in_scratch("d/up");
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	char hex[65];
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_mkdirs(dir, &err), 0);
	assert_int_equal(mkfifo(fifo, 0666), 0);
	write_text(file, "x");
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(symlink("../d", dir_link), 0);
	assert_int_equal(ce_fs_read(fifo, 10, &b, &err), CCENV_EIO);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(ce_fs_read("/dev/zero", 10, &b, &err), CCENV_EIO);
	assert_int_equal(ce_fs_read(dir, 10, &b, &err), CCENV_EIO);
	assert_int_equal(ce_sha256_file(fifo, hex, &err), CCENV_EIO);
	assert_int_equal(ce_fs_read(link, 10, &b, &err), 0);
	/* What a package brings is not opened through its links. */
	assert_int_equal(ce_fs_read_beneath(scratch, "d/file", 10, &b, &err), 0);
	assert_int_equal(ce_fs_read_beneath(scratch, "d/link", 10, &b, &err), CCENV_EIO);
	assert_int_equal(ce_fs_read_beneath(scratch, "d/up/file", 10, &b, &err), CCENV_EIO);
	assert_int_equal(ce_fs_read_beneath(scratch, "d/fifo", 10, &b, &err), CCENV_EIO);
	assert_int_equal(ce_fs_read_beneath(scratch, "d/none", 10, &b, &err), CCENV_ENOTFOUND);
	assert_int_equal(ce_fs_read_beneath(dir_link, "file", 10, &b, &err), CCENV_EIO);
}

static void test_copy(void **state)
{
	CE_AUTOFREE char *from = in_scratch("from");
	CE_AUTOFREE char *to = in_scratch("to");
	CE_CLEANUP(ce_fs_closep) int in = -1;
	CE_CLEANUP(ce_fs_closep) int out = -1;
	struct ccenv_error err;

	(void)state;
	write_text(from, "0123456789");
	in = open(from, O_RDONLY);
	out = open(to, O_WRONLY | O_CREAT, 0666);
	assert_int_equal(ce_copy_bytes(in, out, 10), 0);
	assert_holds(to, "0123456789");
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	assert_int_equal(ce_copy_bytes(in, out, 11), -1);
	assert_int_equal(errno, ENODATA);
	unlink(to);
	assert_int_equal(ce_copy_link(from, to, 0755, &err), 0);
	assert_holds(to, "0123456789");
	assert_int_equal(ce_copy_link(from, to, 0755, &err), CCENV_EIO);
	assert_non_null(strstr(err.text, to));
}

static int chmod_errno; /* what fchmod() fails with; 0: it does not */

int fchmod(int fd, mode_t mode)
{
	if (chmod_errno) {
		errno = chmod_errno;
		return -1;
	}
	return (int)syscall(SYS_fchmod, fd, mode);
}

/* A file system that lets nobody change modes is good enough if the mode already serves. */
static void test_refused_mode(void **state)
{
	CE_AUTOFREE char *path = in_scratch("file");
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(ce_fs_set_mode(fd, 0644), 0);
	chmod_errno = EPERM;
	assert_int_equal(ce_fs_set_mode(fd, 0600), 0);
	assert_int_equal(ce_fs_set_mode(fd, 0444), 0);
	assert_int_equal(ce_fs_set_mode(fd, 0755), -1);
	assert_int_equal(errno, EPERM);
	chmod_errno = EROFS;
	assert_int_equal(ce_fs_set_mode(fd, 0600), -1);
	chmod_errno = 0;
}

static void test_ways(void **state)
{
	static const struct {
		enum ce_syscall call;
		int errnum;
		enum ce_way want;
	} rows[] = {
		{CE_SYS_CLONE, EOPNOTSUPP, CE_WAY_OTHER},
		{CE_SYS_CLONE, EACCES, CE_WAY_OTHER},
		{CE_SYS_CLONE, EIO, CE_WAY_OTHER_ONCE},
		{CE_SYS_CLONE, ENOSPC, CE_WAY_STOP},
		{CE_SYS_COPY_RANGE, EXDEV, CE_WAY_OTHER},
		{CE_SYS_COPY_RANGE, EIO, CE_WAY_OTHER_ONCE},
		{CE_SYS_COPY_RANGE, EDQUOT, CE_WAY_STOP},
		{CE_SYS_LINK, EACCES, CE_WAY_OTHER},
		{CE_SYS_LINK, EPERM, CE_WAY_OTHER},
		{CE_SYS_LINK, EXDEV, CE_WAY_OTHER},
		{CE_SYS_LINK, EMLINK, CE_WAY_OTHER_ONCE},
		{CE_SYS_LINK, EEXIST, CE_WAY_STOP},
		{CE_SYS_LINK, ENOENT, CE_WAY_STOP},
		{CE_SYS_LINK, EIO, CE_WAY_STOP},
		{CE_SYS_LINK, EROFS, CE_WAY_STOP},
		{CE_SYS_EXCHANGE, EINVAL, CE_WAY_OTHER},
		{CE_SYS_EXCHANGE, EXDEV, CE_WAY_OTHER},
		{CE_SYS_EXCHANGE, EIO, CE_WAY_STOP},
		{CE_SYS_CHMOD, EPERM, CE_WAY_OTHER},
		{CE_SYS_CHMOD, EROFS, CE_WAY_STOP},
		{CE_SYS_UTIMENS, EPERM, CE_WAY_OTHER},
		{CE_SYS_UTIMENS, EIO, CE_WAY_STOP},
		{CE_SYS_FSYNC, EINVAL, CE_WAY_OTHER},
		{CE_SYS_FSYNC, EROFS, CE_WAY_OTHER},
		{CE_SYS_FSYNC, EIO, CE_WAY_STOP},
		{CE_SYS_FSYNC, ENOSPC, CE_WAY_STOP},
		{CE_SYS_FLOCK, ENOLCK, CE_WAY_OTHER},
		{CE_SYS_FLOCK, EBADF, CE_WAY_OTHER},
		{CE_SYS_FLOCK, EIO, CE_WAY_STOP},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++)
		if (ce_way_after(rows[i].call, rows[i].errnum) != rows[i].want)
			fail_msg("call %d, %s", rows[i].call, strerror(rows[i].errnum));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_scratch, drop_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_dir),
		TEST(test_killed),
		TEST(test_killed_while_removing),
		TEST(test_symlink),
		TEST(test_sweep_spares_users),
		TEST(test_remove),
		TEST(test_lock_file),
		TEST(test_lock_removed),
		TEST(test_deep_tree),
		TEST(test_odd_files),
		TEST(test_copy),
		TEST(test_refused_mode),
		TEST(test_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
