/* SPDX-License-Identifier: MIT */
/* Running a target's programs here; see emulator.h. */
#include "api/emulator.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/elf_types.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "io/elf.h"
#include "model/manifest.h"
#include "model/platform.h"

static const char *find_program(const char *path, const char *name, struct ce_arena *a)
{
	CE_AUTOFREE char *file = ce_fs_find_program(path, name);

	return file ? ce_arena_strdup(a, file) : NULL;
}

/* Of ccenv.json. A name is looked up now, so that all build tools run the same program. */
static struct ce_strs from_manifest(
	const char *path, const struct ce_target *target, struct ce_arena *a)
{
	struct ce_strs list = {ce_arena_array(a, target->emulator.n + 6, sizeof(*list.items)), 0};

	for (; list.n < target->emulator.n; list.n++)
		list.items[list.n] = target->emulator.items[list.n];
	if (list.n && !strchr(list.items[0], '/')) {
		const char *found = find_program(path, list.items[0], a);

		list.items[0] = found ? found : list.items[0];
	}
	return list;
}

struct ce_strs ce_emulator_find(const char *path, const struct ce_target *target,
	const char *sysroot, const char *libraries, struct ce_arena *a)
{
	static const char *const suffixes[] = {"", "-static"};
	struct ce_strs list = from_manifest(path, target, a);

	for (size_t i = 0; list.n == 0 && i < CE_COUNT(suffixes); i++) {
		const char *name = ce_arena_printf(
			a, "qemu-%s%s", ce_platform_processor(target->host), suffixes[i]);
		const char *found = find_program(path, name, a);

		if (found)
			list.items[list.n++] = found;
	}
	if (list.n == 1 && ce_has_prefix(ce_path_base(list.items[0]), "qemu-")) {
		list.items[list.n++] = "-L";
		list.items[list.n++] = ce_arena_strdup(a, sysroot);
		list.items[list.n++] = "-E";
		list.items[list.n++] = ce_arena_printf(a, "LD_LIBRARY_PATH=%s", libraries);
	}
	return list;
}

/* ---- one command ---- */

/* Is the program one of the host, and not of this machine? */
static bool is_foreign(const struct ccenv_tools *tools, const char *file)
{
	const unsigned machine =
		strcmp(tools->platform, "linux-aarch64") == 0 ? EM_AARCH64 : EM_X86_64;
	struct ccenv_error ignored;
	struct ce_elf elf;
	bool is_of_host;

	if (!tools->name || strcmp(tools->platform, ce_platform_host()) == 0 ||
		ce_elf_read(file, &elf, &ignored) < 0)
		return false;
	is_of_host = elf.machine == machine;
	ce_elf_release(&elf);
	return is_of_host;
}

/* That of the install, or one that came since. */
static struct ce_strs emulator_of(const struct ccenv_tools *tools, const char *path)
{
	struct ce_arena *a = tools->owner;
	const struct ce_target host = {.host = tools->platform};
	const char *sysroot = tools->sysroot ? tools->sysroot : "/";
	const char *libraries =
		ce_arena_printf(a, "%s/lib:%s/%s/lib", tools->prefix, tools->tools, tools->triplet);

	if (tools->n_emulator)
		return (struct ce_strs){(const char **)tools->emulator, tools->n_emulator};
	return ce_emulator_find(path, &host, sysroot, libraries, a);
}

static int no_emulator(
	const struct ccenv_tools *tools, const char *program, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EHOST,
		"%s is a program for %s, and this machine has no emulator for it: install qemu-user (qemu-%s in PATH), or name one as \"emulator\" of the target \"%s\" in ccenv.json and run `ccenv install --target %s`",
		program, tools->platform, ce_platform_processor(tools->platform), tools->name,
		tools->name);
}

int ccenv_emulate(struct ccenv_tools *tools, const char *path, const char *const *argv,
	const char ***ret_argv, struct ccenv_error *err)
{
	struct ce_arena *a = tools->owner;
	const char *file = strchr(argv[0], '/') ? argv[0] : find_program(path, argv[0], a);
	struct ce_strs emulator = {0};
	size_t n = 0, k;

	while (argv[n])
		n++;
	if (file && is_foreign(tools, file)) {
		emulator = emulator_of(tools, path);
		if (!emulator.n)
			return no_emulator(tools, file, err);
		if (!strchr(emulator.items[0], '/') && !find_program(path, emulator.items[0], a))
			return ce_fail(err, CCENV_EHOST,
				"%s is a program for %s, and the emulator of the target \"%s\", %s, is not in PATH: install it, or change \"emulator\" in ccenv.json",
				file, tools->platform, tools->name, emulator.items[0]);
	}
	*ret_argv = ce_calloc(emulator.n + n + 1, sizeof(**ret_argv));
	for (k = 0; k < emulator.n; k++)
		(*ret_argv)[k] = emulator.items[k];
	for (size_t i = 0; i < n; i++)
		(*ret_argv)[k++] = i == 0 && emulator.n ? file : argv[i];
	return 0;
}
