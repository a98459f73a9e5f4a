/* SPDX-License-Identifier: MIT */
/* noarch python packages: where their files go, and the scripts that start their entry points (CEP
 * 17, CEP 20). */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/strs.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "install/relocate.h"
#include "model/pkg.h"

static const char digits[] = "0123456789";

static const struct ce_pkg *find_pkg(const struct ce_install_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_pkgs; i++)
		if (strcmp(plan->pkgs[i].pkg->name, name) == 0)
			return plan->pkgs[i].pkg;
	return NULL;
}

int ce_install_plan_find_python(struct ce_install_plan *plan, struct ccenv_error *err)
{
	const struct ce_pkg *python = find_pkg(plan, "python");
	size_t major, minor;

	if (!python)
		return 0;
	major = strspn(python->version, digits);
	minor = python->version[major] == '.' ? strspn(python->version + major + 1, digits) : 0;
	if (major == 0 || minor == 0)
		return ce_fail(err, CCENV_EDATA, "%s: version %s is not of the form X.Y",
			python->fn, python->version);
	plan->python = ce_arena_strndup(&plan->arena, python->version, major + 1 + minor);
	plan->site_packages = python->python_site_packages_path;
	if (!plan->site_packages)
		plan->site_packages =
			ce_arena_printf(&plan->arena, "lib/python%s/site-packages", plan->python);
	if (!ce_path_is_safe(plan->site_packages))
		return ce_fail(err, CCENV_EDATA, "%s: unsafe python_site_packages_path \"%.200s\"",
			python->fn, plan->site_packages);
	return 0;
}

/* Cuts spaces at both ends. */
static const char *trim(struct ce_arena *a, const char *s, size_t n)
{
	while (n > 0 && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return ce_arena_strndup(a, s, n);
}

/* A dotted Python name. It becomes part of a program, so nothing else is let in. */
static bool is_dotted_name(const char *s)
{
	bool start = true;

	for (; *s; s++) {
		bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_' ||
			      (unsigned char)*s >= 0x80;

		if (start ? !letter : !(letter || (*s >= '0' && *s <= '9') || *s == '.'))
			return false;
		start = *s == '.';
	}
	return !start;
}

/* The script, as every conda client writes it. */
static const char *entry_point_text(const struct ce_install_plan *plan, struct ce_arena *a,
	const char *module, const char *function)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_AUTOFREE char *python = ce_asprintf("%s/bin/python%s", plan->prefix, plan->python);

	ce_relocate_python_shebang(python, &text);
	ce_buf_adds(&text, "# -*- coding: utf-8 -*-\nimport re\nimport sys\n\n");
	ce_buf_addf(
		&text, "from %s import %.*s\n\n", module, (int)strcspn(function, "."), function);
	ce_buf_adds(&text,
		"if __name__ == '__main__':\n"
		"\tsys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n");
	ce_buf_addf(&text, "\tsys.exit(%s())\n", function);
	return ce_arena_strdup(a, text.data);
}

/*
 * "command = module:function", perhaps with the extras that wheels write behind it, which are for
 * whoever installs the wheel: "mcp = mcp.cli:app [cli]". False when no script can be made of it.
 */
static bool add_entry_point(
	const struct ce_install_plan *plan, struct ce_planned_pkg *p, const char *text)
{
	const char *equals = strchr(text, '='), *colon = equals ? strchr(equals, ':') : NULL;
	const char *command, *module, *function;
	struct ce_planned_path *out;

	if (!colon)
		return false;
	command = trim(&p->arena, text, (size_t)(equals - text));
	module = trim(&p->arena, equals + 1, (size_t)(colon - equals - 1));
	function = trim(&p->arena, colon + 1, strcspn(colon + 1, "["));
	if (!ce_path_is_safe_name(command) || !is_dotted_name(module) || !is_dotted_name(function))
		return false;
	out = ce_install_plan_add_path(p);
	out->path = ce_arena_printf(&p->arena, "bin/%s", command);
	out->text = entry_point_text(plan, &p->arena, module, function);
	return true;
}

/* Where a noarch path goes; NULL when it stays. */
static const char *moved(const struct ce_install_plan *plan, struct ce_arena *a, const char *path)
{
	if (ce_has_prefix(path, "site-packages/"))
		return ce_arena_printf(
			a, "%s/%s", plan->site_packages, path + strlen("site-packages/"));
	if (ce_has_prefix(path, "python-scripts/"))
		return ce_arena_printf(a, "bin/%s", path + strlen("python-scripts/"));
	return NULL;
}

int ce_install_plan_python(
	const struct ce_install_plan *plan, struct ce_planned_pkg *p, struct ccenv_error *err)
{
	if (p->pkg->noarch != CE_NOARCH_PYTHON)
		return 0;
	if (!plan->python)
		return ce_fail(err, CCENV_EDATA,
			"%s needs a python to be installed for, but the environment has none: add \"python\" to the dependencies",
			p->pkg->fn);
	for (size_t i = 0; i < p->n_paths; i++) {
		const char *path = moved(plan, &p->arena, p->paths[i].path);

		if (path)
			p->paths[i].path = path;
	}
	for (size_t i = 0; i < p->contents->n_entry_points; i++)
		if (!add_entry_point(plan, p, p->contents->entry_points[i]))
			p->bad_entry_point = p->contents->entry_points[i];
	return 0;
}
