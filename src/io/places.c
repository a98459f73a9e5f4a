/* SPDX-License-Identifier: MIT */
/* Entering a mount namespace with a root of its own; see places.h. namespaces(7), pivot_root(2). */
#include "io/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

/* A failure of the machine, with what is known to cause it. */
static int forbidden(struct ccenv_error *err, const char *what)
{
	return ce_fail(err, CCENV_EHOST, "%s: %s", what, strerror(errno));
}

static int write_text(const char *path, const char *text)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : ce_fs_write_all(fd, text, strlen(text));
}

/* In the new user namespace the user and the group are what they were, or `inner`. */
static int map_user(uid_t uid, gid_t gid, const struct ce_places_user *user)
{
	CE_AUTOFREE char *users = ce_asprintf("%u %u 1\n", user->other ? user->uid : uid, uid);
	CE_AUTOFREE char *groups = ce_asprintf("%u %u 1\n", user->other ? user->uid : gid, gid);

	/* Without this a group map is refused; old kernels do not have the file. */
	if (write_text("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return -1;
	if (write_text("/proc/self/uid_map", users) < 0)
		return -1;
	return write_text("/proc/self/gid_map", groups);
}

static int unshare_all(const struct ce_places_user *user, struct ccenv_error *err)
{
	int more = user->other && user->host ? CLONE_NEWUTS : 0;
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (user->other || unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS | more) < 0)
			return forbidden(err, "unshare()");
		if (map_user(uid, gid, user) < 0)
			return forbidden(err, "/proc/self/uid_map");
	}
	if (more)
		ce_ignore(
			sethostname(user->host, strlen(user->host))); /* it is one more variation */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return forbidden(err, "mount()");
	return 0;
}

/* From here on "/" is a tmpfs that has the old root in /oldroot and, in /newroot, the one to be. */
static int make_roots(struct ccenv_error *err)
{
	static const char *const dirs[] = {"/tmp", "/mnt", "/run", "/var", "/usr"};
	const char *base = NULL;

	for (size_t i = 0; !base && i < CE_COUNT(dirs); i++)
		if (ce_fs_is_dir(dirs[i]))
			base = dirs[i];
	if (!base || mount("ccenv", base, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
		return forbidden(err, "mounting a tmpfs");
	if (chdir(base) < 0 || mkdir("newroot", 0755) < 0 || mkdir("oldroot", 0755) < 0 ||
		mount("newroot", "newroot", NULL, MS_BIND | MS_REC, NULL) < 0)
		return forbidden(err, "making a root directory");
	if (syscall(SYS_pivot_root, ".", "oldroot") < 0 || chdir("/") < 0)
		return forbidden(err, "pivot_root()");
	return 0;
}

static int do_step(const struct ce_place_step *s, struct ccenv_error *err)
{
	CE_AUTOFREE char *to = ce_asprintf("/newroot%s", s->to);
	CE_AUTOFREE char *from = NULL;
	int fd;

	if (s->kind == CE_PLACE_LINK)
		return symlink(s->from, to) < 0 ? forbidden(err, s->to) : 0;
	if (s->kind == CE_PLACE_DIR || s->is_dir) {
		if (mkdir(to, 0755) < 0)
			return forbidden(err, s->to);
	} else {
		fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0)
			return forbidden(err, s->to);
		close(fd);
	}
	if (s->kind == CE_PLACE_DIR)
		return 0;
	from = ce_asprintf("/oldroot%s", s->from);
	/* What is gone since, or this user cannot reach, is not there for the command either. */
	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0 && errno != ENOENT && errno != EACCES)
		return forbidden(err, s->to);
	return 0;
}

static int leave_old_root(struct ccenv_error *err)
{
	if (chdir("/newroot") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return forbidden(err, "pivot_root()");
	return 0;
}

/* So that the number of the other user has a name. Without one, programs take the number. */
static void name_user(const struct ce_places_user *user)
{
	if (user->passwd)
		ce_ignore(mount(user->passwd, "/etc/passwd", NULL, MS_BIND, NULL));
	if (user->group)
		ce_ignore(mount(user->group, "/etc/group", NULL, MS_BIND, NULL));
}

int ce_places_enter(const struct ce_place_steps *steps, const struct ce_places_user *user,
	struct ccenv_error *err)
{
	int r = unshare_all(user, err);

	if (r < 0)
		return r;
	if (user->other)
		name_user(user);
	if (steps->n == 0)
		return 0;
	r = make_roots(err);
	for (size_t i = 0; r >= 0 && i < steps->n; i++)
		r = do_step(&steps->items[i], err);
	return r < 0 ? r : leave_old_root(err);
}
