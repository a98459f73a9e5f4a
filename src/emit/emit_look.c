/* SPDX-License-Identifier: MIT */
/* Questions about a prefix: is a path there, is a package installed. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "ccenv/ccenv.h"
#include "emit/emit_facts.h"
#include "model/pkg.h"

bool ce_emit_is_there(const struct ce_emit_facts *f, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return true;
	/* ELOOP: a link that leads to itself is as good as one that leads nowhere. */
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP && f->unseen->code == 0)
		ce_fail_errno(f->unseen, errno, "cannot look at %s", path);
	return false;
}

int ce_emit_check_seen(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	if (f->unseen->code == 0)
		return 0;
	*err = *f->unseen;
	return err->code;
}

const struct ce_pkg *ce_emit_pkg_find(const struct ce_emit_facts *f, const char *name)
{
	for (size_t i = 0; i < f->in->n_pkgs; i++)
		if (strcmp(f->in->pkgs[i]->name, name) == 0)
			return f->in->pkgs[i];
	return NULL;
}

const struct ce_pkg *ce_emit_tool_find(const struct ce_emit_facts *f, const char *name)
{
	const struct ce_emit_target *t = f->in->target;

	for (size_t i = 0; t && i < t->n_pkgs; i++)
		if (strcmp(t->pkgs[i]->name, name) == 0)
			return t->pkgs[i];
	return t ? NULL : ce_emit_pkg_find(f, name);
}
