/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_PLACES_H
#define CE_IO_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * Directories at other places, for one process and what it starts: a mount namespace with a new root, a
 * tmpfs that has everything of the old one and, on top, each directory at its place. Nothing is written
 * to the file system that is there, whatever the places are, and nothing is left: it ends with its last
 * process. User and group stay as they are, so files that are made belong to the user.
 */
struct ce_place {
	const char *from; /* absolute, an existing directory */
	const char *to;   /* absolute, without "..", not "/"; it need not exist */
};

/* One step to the new root; paths are the same in the old root. */
struct ce_place_step {
	enum {
		CE_PLACE_DIR,  /* make the directory */
		CE_PLACE_LINK, /* make a link to `from` */
		CE_PLACE_BIND, /* mount the file or directory `from`, with what is mounted below */
	} kind;
	const char *from, *to;
	bool is_dir; /* of CE_PLACE_BIND */
};

struct ce_place_steps {
	struct ce_place_step *items;
	size_t n;
	void *owner;
};

/* What to do for these places, none of which may be in another. CCENV_EUSAGE for places that cannot be:
 * a directory on the way cannot be listed, or has too many files. */
CE_MUST_CHECK int ce_places_plan(const struct ce_place *places, size_t n,
	struct ce_place_steps *ret, struct ccenv_error *err);
void ce_places_release(struct ce_place_steps *steps);

/* Who the process is in the namespace. */
struct ce_places_user {
	bool other;       /* another user and host, for programs that record them */
	uid_t uid;        /* then: what the user and group are called there */
	const char *host; /* then: the host's name, or NULL */
	/* Then: files that are /etc/passwd and /etc/group there, or NULL. */
	const char *passwd, *group;
};

/*
 * Moves this process, which must have one thread, there. With the rights of root no user namespace is
 * needed; otherwise, and for another user, one is made in which the user is mapped and nothing else. The
 * working directory is "/" then. CCENV_EHOST when the machine does not let it; the process may be in a
 * namespace of its own then, but sees the same files.
 */
CE_MUST_CHECK int ce_places_enter(const struct ce_place_steps *steps,
	const struct ce_places_user *user, struct ccenv_error *err);

#endif
