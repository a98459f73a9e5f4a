/* SPDX-License-Identifier: MIT */
/*
 * The install stage: plan, build under a temporary name, put in place. What stands at the prefix
 * changes in one rename(2) (base/stage.h), so a process that is killed leaves the old prefix or the
 * new one, and at most a temporary directory that the next run removes.
 */
#include "install/install.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"
#include "install/link.h"
#include "install/plan.h"
#include "install/record.h"
#include "model/pkg.h"

enum {
	LOCK_TIMEOUT_S = 3600
};

struct install {
	const struct ce_pkg *const *pkgs;
	size_t n;
	const struct ce_install_options *o;
	char content[CE_SHA256_HEX + 1];
	struct ce_stage stage; /* the new prefix */
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

static int build(struct install *in, struct ccenv_error *err)
{
	CE_CLEANUP(ce_install_plan_freep) struct ce_install_plan *plan = NULL;
	struct ce_record_options record = {
		.root = in->stage.tmp,
		.requested = in->o->requested,
		.n_requested = in->o->n_requested,
		.threads = in->o->threads,
	};
	const struct ce_stamp stamp = {.content = in->content,
		.prefix = in->o->prefix,
		.built_as = in->stage.tmp,
		.n_pkgs = in->n};
	int r = ce_install_plan_new(in->pkgs, in->n, in->o->cache_dir, in->o->prefix, &plan, err);

	if (r < 0)
		return r;
	record.plan = plan;
	r = ce_link(plan, in->stage.tmp, in->o->threads, in->o->events, &record.method, err);
	if (r < 0)
		return r;
	r = ce_record_write(&record, err);
	if (r < 0)
		return r;
	r = ce_stamp_write(in->stage.tmp, &stamp, err);
	if (r < 0)
		return r;
	ce_install_plan_warn(plan, in->o->events);
	return 0;
}

/* With the prefix's lock held. */
static int install_locked(struct install *in, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = ce_path_dir(in->o->prefix);
	bool leftover;
	int r;

	ce_stage_sweep(parent);
	if (!in->o->force && ce_stamp_matches(in->o->prefix, in->content, &leftover))
		return 0; /* another process made it while we waited */
	r = check_target(in->o->prefix, err);
	if (r < 0)
		return r;
	r = ce_stage_dir(in->o->prefix, &in->stage, err);
	if (r < 0)
		return r;
	r = build(in, err);
	if (r < 0)
		return r;
	return ce_stage_commit(&in->stage, err);
}

static void tell_waiting(void *user, const char *holder)
{
	const struct install *in = user;

	ce_log(in->o->events, CCENV_LOG_NOTICE, "waiting for %s, which is installing %s",
		holder[0] ? holder : "another process", in->o->prefix);
}

/*
 * One installation at a time for a prefix. The lock stands beside it, not in the cache: whoever
 * shares the prefix need not share the cache.
 */
static int lock_prefix(struct install *in, struct ce_fs_lock **ret_lock, struct ccenv_error *err)
{
	const struct ce_fs_wait wait = {
		.timeout_s = LOCK_TIMEOUT_S, .on_wait = tell_waiting, .user = in, .remove = true};
	CE_AUTOFREE char *parent = ce_path_dir(in->o->prefix);
	CE_AUTOFREE char *path = NULL;
	char hex[CE_SHA256_HEX + 1];
	int r = ce_fs_mkdirs(parent, err);

	if (r < 0)
		return r;
	ce_sha256_bytes(in->o->prefix, strlen(in->o->prefix), hex);
	path = ce_asprintf("%s/.ccenv-lock.%.20s", parent, hex);
	return ce_fs_lock_wait(path, &wait, ret_lock, err);
}

/*
 * Paths go into records, which are JSON, and into scripts, whose first lines are shell and Python
 * at once: Python would read a backslash there.
 */
static int check_text(const char *path, struct ccenv_error *err)
{
	const char *has = strchr(path, '\\')   ? "has a backslash"
			  : strchr(path, '\n') ? "has a line break"
					       : "is not UTF-8, or has a control character";

	if (ce_cursor_text_is_clean(path, strlen(path)) && !strchr(path, '\\'))
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"%s %s, which conda's records and scripts cannot hold: use another path", path,
		has);
}

int ce_install(const struct ce_pkg *const *pkgs, size_t n, const struct ce_install_options *o,
	struct ccenv_error *err)
{
	struct install in = {.pkgs = pkgs, .n = n, .o = o, .stage = CE_STAGE_NONE};
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *lock = NULL;
	int r;

	for (size_t i = 0; i < n; i++)
		if (!ce_pkg_digest(pkgs[i]))
			return ce_fail(err, CCENV_EDATA,
				"%s has neither sha256 nor md5: it is not used", pkgs[i]->fn);
	if (!o->force && ce_install_is_current(pkgs, n, o))
		return 0;
	r = check_text(o->prefix, err);
	if (r < 0)
		return r;
	r = check_text(o->cache_dir, err);
	if (r < 0)
		return r;
	ce_stamp_content(pkgs, n, o, in.content);
	r = lock_prefix(&in, &lock, err);
	if (r < 0)
		return r;
	r = install_locked(&in, err);
	ce_stage_drop(&in.stage);
	return r;
}
