/* SPDX-License-Identifier: MIT */
/*
 * The install stage: plan, build beside, swap. What stands at the prefix changes in one rename(2),
 * so a process that is killed leaves the old prefix or the new one, and at most a directory
 * <prefix>.tmp.<pid> that the next run removes.
 */
#include "install/install.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "install/link.h"
#include "install/plan.h"
#include "install/record.h"
#include "model/layout.h"
#include "model/pkg.h"

enum {
	LOCK_TIMEOUT_S = 3600
};

struct install {
	const struct ce_pkg *const *pkgs;
	size_t n;
	const struct ce_install_options *o;
	char content[CE_SHA256_HEX + 1];
	char *tmp;    /* beside the prefix */
	int tmp_lock; /* held while we live; see sweep() */
};

bool ce_install_is_current(
	const struct ce_pkg *const *pkgs, size_t n, const struct ce_install_options *o)
{
	char content[CE_SHA256_HEX + 1];
	bool leftover;

	ce_stamp_content(pkgs, n, o, content);
	return ce_stamp_matches(o->prefix, content, &leftover) && !leftover;
}

/* May what stands at the prefix be replaced? Nothing, an empty directory, or what ccenv made. */
static int check_target(const char *prefix, struct ccenv_error *err)
{
	struct stat st;

	if (lstat(prefix, &st) < 0)
		return errno == ENOENT ? 0 : ce_fail_errno(err, errno, "cannot use %s", prefix);
	if (S_ISLNK(st.st_mode))
		return ce_fail(err, CCENV_EUSAGE,
			"%s is a link that leads nowhere; give another prefix, or remove it",
			prefix);
	if (!S_ISDIR(st.st_mode))
		return ce_fail(err, CCENV_EUSAGE,
			"%s is not a directory; give another prefix, or remove it", prefix);
	if (ce_stamp_is_there(prefix) || rmdir(prefix) == 0)
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"%s was not made by ccenv and would be replaced; give another prefix, or remove it",
		prefix);
}

/* Is the process that made <prefix>.tmp.<pid> or <prefix>.old.<pid> gone? */
static bool is_orphan(const char *path, const char *pid_text)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	long pid = strtol(pid_text, NULL, 10);
	bool orphan;

	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		orphan = true;
	else
		orphan = errno != EWOULDBLOCK && pid > 0 &&
			 (pid == getpid() || (kill((pid_t)pid, 0) < 0 && errno == ESRCH));
	close(fd);
	return orphan;
}

/* An old prefix that was moved away while its successor did not arrive. */
static void restore_old(const char *prefix, const char *old)
{
	/* Where that fails it is removed, and the prefix built again. */
	if (!ce_fs_exists(prefix) && ce_stamp_is_there(old))
		ce_ignore(rename(old, prefix));
}

/* Removes what killed processes left beside the prefix. Called with the prefix's lock held. */
static void sweep(const char *prefix)
{
	CE_AUTOFREE char *parent = ce_path_dir(prefix);
	const char *base = ce_path_base(prefix);
	size_t n = strlen(base);
	DIR *dir = opendir(parent);
	struct ccenv_error ignored;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		const char *kind = d->d_name + n;
		bool ours = strncmp(d->d_name, base, n) == 0 &&
			    (strncmp(kind, ".tmp.", 5) == 0 || strncmp(kind, ".old.", 5) == 0);
		CE_AUTOFREE char *path = ours ? ce_path_join(parent, d->d_name) : NULL;

		if (!ours || kind[5 + strspn(kind + 5, "0123456789")] || !is_orphan(path, kind + 5))
			continue;
		if (kind[1] == 'o')
			restore_old(prefix, path);
		if (ce_fs_remove_tree(path, &ignored) < 0)
			break;
	}
	if (dir)
		closedir(dir);
}

static int make_tmp(struct install *in, struct ccenv_error *err)
{
	const char *prefix = in->o->prefix;
	CE_AUTOFREE char *parent = ce_path_dir(prefix);
	int r = ce_fs_mkdirs(parent, err);

	if (r < 0)
		return r;
	in->tmp = ce_asprintf("%s.tmp.%ld", prefix, (long)getpid());
	r = mkdir(in->tmp, 0777);
	if (r < 0 && errno == EEXIST) {
		/* Ours by its number, from an earlier process of that number. */
		r = ce_fs_remove_tree(in->tmp, err);
		if (r < 0)
			return r;
		r = mkdir(in->tmp, 0777);
	}
	if (r < 0)
		return ce_fail_errno(err, errno, "cannot create %s", in->tmp);
	in->tmp_lock = open(in->tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in->tmp_lock < 0)
		return ce_fail_errno(err, errno, "cannot open %s", in->tmp);
	(void)flock(in->tmp_lock, LOCK_EX | LOCK_NB);
	return 0;
}

/* Puts the new prefix in place; what was there before is removed afterwards. */
static int swap(struct install *in, struct ccenv_error *err)
{
	const char *prefix = in->o->prefix;
	CE_AUTOFREE char *old = NULL;

	if (rename(in->tmp, prefix) == 0) {
		free(CE_TAKE(in->tmp));
		return 0;
	}
	if (errno != EEXIST && errno != ENOTEMPTY)
		return ce_fail_errno(err, errno, "cannot create %s", prefix);
	/* The old prefix is then in->tmp. */
	if (renameat2(AT_FDCWD, in->tmp, AT_FDCWD, prefix, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return ce_fail_errno(err, errno, "cannot replace %s", prefix);
	/* No exchange here: for a moment there is no prefix. Killed in it, the next run puts the
	 * old one back. */
	old = ce_asprintf("%s.old.%ld", prefix, (long)getpid());
	if (rename(prefix, old) < 0)
		return ce_fail_errno(err, errno, "cannot replace %s", prefix);
	if (rename(in->tmp, prefix) < 0) {
		int errnum = errno;

		ce_ignore(rename(old, prefix)); /* the first failure is what matters */
		return ce_fail_errno(err, errnum, "cannot replace %s", prefix);
	}
	free(in->tmp);
	in->tmp = CE_TAKE(old);
	return 0;
}

static int build(struct install *in, struct ccenv_error *err)
{
	CE_CLEANUP(ce_plan_freep) struct ce_plan *plan = NULL;
	struct ce_record_options record = {
		.root = in->tmp,
		.requested = in->o->requested,
		.n_requested = in->o->n_requested,
		.threads = in->o->threads,
	};
	const struct ce_stamp stamp = {.content = in->content,
		.prefix = in->o->prefix,
		.built_as = in->tmp,
		.n_pkgs = in->n};
	int r = ce_plan_new(in->pkgs, in->n, in->o->cache_dir, in->o->prefix, &plan, err);

	if (r == 0)
		r = ce_link(plan, in->tmp, in->o->threads, in->o->events, &record.method, err);
	record.plan = plan;
	if (r == 0)
		r = ce_record_write(&record, err);
	if (r == 0)
		r = ce_stamp_write(in->tmp, &stamp, err);
	if (r == 0)
		ce_plan_warn(plan, in->o->events);
	return r;
}

/* With the prefix's lock held. */
static int install_locked(struct install *in, struct ccenv_error *err)
{
	struct ccenv_error ignored;
	bool leftover;
	int r;

	sweep(in->o->prefix);
	if (!in->o->force && ce_stamp_matches(in->o->prefix, in->content, &leftover))
		return 0; /* another process made it while we waited */
	r = check_target(in->o->prefix, err);
	if (r == 0)
		r = make_tmp(in, err);
	if (r == 0)
		r = build(in, err);
	if (r == 0)
		r = swap(in, err);
	if (in->tmp && ce_fs_remove_tree(in->tmp, &ignored) < 0)
		ce_log(in->o->events, CCENV_LOG_INFO, "%s", ignored.text);
	if (in->tmp_lock >= 0)
		close(in->tmp_lock);
	free(in->tmp);
	return r;
}

static void tell_waiting(void *user, const char *holder)
{
	const struct install *in = user;

	ce_log(in->o->events, CCENV_LOG_NOTICE, "waiting for %s, which is installing %s",
		holder[0] ? holder : "another process", in->o->prefix);
}

/* One installation at a time for a prefix. A cache that cannot be written has no locks: then the
 * last one wins. */
static int lock_prefix(struct install *in, struct ce_fs_lock **ret_lock, struct ccenv_error *err)
{
	CE_AUTOFREE char *locks = ce_layout_locks(in->o->cache_dir);
	CE_AUTOFREE char *path = NULL;
	char hex[CE_SHA256_HEX + 1];
	int r;

	if (ce_fs_mkdirs(locks, err) < 0 || access(locks, W_OK) < 0)
		return 0;
	ce_sha256_bytes(in->o->prefix, strlen(in->o->prefix), hex);
	path = ce_asprintf("%s/prefix-%.32s.lock", locks, hex);
	r = ce_fs_lock(path, LOCK_TIMEOUT_S, tell_waiting, in, ret_lock, err);
	return r == CCENV_EBUSY ? r : 0;
}

/* Paths go into records, which are JSON, and into first lines of scripts. */
static int check_text(const char *path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *text = json_string(path);

	if (text && !strchr(path, '\n'))
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"%s is %s, which conda's records and scripts cannot hold: use another path", path,
		text ? "a path of two lines" : "not UTF-8");
}

int ce_install(const struct ce_pkg *const *pkgs, size_t n, const struct ce_install_options *o,
	struct ccenv_error *err)
{
	struct install in = {.pkgs = pkgs, .n = n, .o = o, .tmp_lock = -1};
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *lock = NULL;
	int r;

	for (size_t i = 0; i < n; i++)
		if (!ce_pkg_digest(pkgs[i]))
			return ce_fail(err, CCENV_EDATA,
				"%s has neither sha256 nor md5: it is not used", pkgs[i]->fn);
	if (!o->force && ce_install_is_current(pkgs, n, o))
		return 0;
	r = check_text(o->prefix, err);
	if (r == 0)
		r = check_text(o->cache_dir, err);
	if (r < 0)
		return r;
	ce_stamp_content(pkgs, n, o, in.content);
	r = lock_prefix(&in, &lock, err);
	return r < 0 ? r : install_locked(&in, err);
}
