/* SPDX-License-Identifier: MIT */
/* Why two builds differ, and what to do: docs/rebuild-check.md has the same table. */
#include "api/rebuild.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/printable.h"

const struct ce_cause_row ce_causes[CE_N_CAUSES] = {
	[CE_CAUSE_DATE] = {"date", "__DATE__, __TIME__ or __TIMESTAMP__ in a source",
		"set SOURCE_DATE_EPOCH, which gcc and clang take for __DATE__ and __TIME__, or remove the macro; -Werror=date-time finds it"},
	[CE_CAUSE_PATH] = {"path", "an absolute path: __FILE__, assert(), or a -D with a path",
		"-ffile-prefix-map=DIR=. for C and C++, -Xcompiler=-ffile-prefix-map=DIR=. for nvcc; or build under `ccenv exec`"},
	[CE_CAUSE_DEBUG_PATH] = {"debug-path",
		"an absolute path in the debug information (DW_AT_comp_dir, DW_AT_name)",
		"-ffile-prefix-map=DIR=. or -fdebug-prefix-map=DIR=.; for nvcc behind -Xcompiler="},
	[CE_CAUSE_DEVICE] = {"device",
		"device code: -lineinfo, -G and -dlto record the path and the time of each source; without them, ptxas has chosen other code",
		"build under `ccenv exec` after `ccenv touch --from-git`: no flag of nvcc removes them"},
	[CE_CAUSE_TMPXFT] = {"tmpxft", "the name of a temporary file of nvcc (tmpxft_PID_…)",
		"nvcc --objdir-as-tempdir, with the same object path in each build"},
	[CE_CAUSE_MODULE_ID] = {"module-id",
		"a name that nvcc or gcc made from the path or the process: anonymous namespaces, -rdc, device lambdas",
		"nvcc --frandom-seed=OBJECT and -Xcudafe --orig_src_path_name=SOURCE, gcc -frandom-seed=OBJECT; or build under `ccenv exec`"},
	[CE_CAUSE_RANDOM_SEED] = {"random-seed",
		"a name with a random number of gcc (-flto, coverage)",
		"-frandom-seed=OBJECT, another text for each object"},
	[CE_CAUSE_COMMAND_LINE] = {"command-line",
		"the command line of the compiler (-frecord-gcc-switches, -grecord-gcc-switches)",
		"-fno-record-gcc-switches and -gno-record-gcc-switches, or flags without absolute paths"},
	[CE_CAUSE_RUNPATH] = {"runpath", "a directory of the build in RUNPATH",
		"compare what is installed; or CMAKE_BUILD_RPATH_USE_ORIGIN=ON, or CMAKE_SKIP_BUILD_RPATH=ON"},
	[CE_CAUSE_BUILD_ID] = {"build-id",
		"the build ID of the linker: of random bytes (--build-id=uuid), or of input that is not in the result",
		"-Wl,--build-id=sha1 or -Wl,--build-id=none"},
	[CE_CAUSE_AR_STAMP] = {"ar-stamp", "times, owners or permissions in a static library",
		"ar rcsD and ranlib -D: the letter D, and no U"},
	[CE_CAUSE_AR_ORDER] = {"ar-order", "the order of the members of a static library",
		"sort the list of objects, under LC_ALL=C: make's $(wildcard) and shells' * depend on directory and locale"},
	[CE_CAUSE_ORDER] = {"order", "the same parts in another order",
		"sort what is listed (files of a directory, keys of a hash table) under LC_ALL=C, and let no parallel jobs append to one file"},
	[CE_CAUSE_TIME] = {"time", "the time of the build",
		"take SOURCE_DATE_EPOCH instead of the clock; gzip -n, tar --mtime=@$SOURCE_DATE_EPOCH, date -u -d @$SOURCE_DATE_EPOCH"},
	[CE_CAUSE_ZONE] = {"zone", "a time in the local time zone", "TZ=UTC, or date -u"},
	[CE_CAUSE_LOCALE] = {"locale", "text, numbers or an order of the user's locale",
		"LC_ALL=C for the tool that makes it"},
	[CE_CAUSE_USER] = {"user", "the name, home directory or host of who builds",
		"do not record USER, HOME or the host name"},
	[CE_CAUSE_UID] = {"uid", "the number of the user or group who builds",
		"tar --owner=0 --group=0 --numeric-owner, or the like"},
	[CE_CAUSE_MODE] = {"mode", "permissions, which come from the umask",
		"install -m MODE, tar --mode=go=rX,u+rw, or a fixed umask"},
	[CE_CAUSE_CORES] = {"cores", "the number of processors, or of jobs",
		"a fixed number, as -split-compile=4; and not nproc"},
	[CE_CAUSE_TEMPORARY] = {"temporary", "the name of a temporary file or directory",
		"a fixed name in the build directory instead of mktemp"},
	[CE_CAUSE_RANDOM] = {"random",
		"random digits: an identifier, a seed, or a hash of what differs",
		"a fixed seed, or a hash of what is the same"},
	[CE_CAUSE_MISSING] = {"missing", "a file that only one of the builds made",
		"a fixed file name; look at what its name is made from"},
	[CE_CAUSE_UNKNOWN] = {"unknown", "no known cause", "compare the two files with diffoscope"},
};

void ce_differences_release(struct ce_differences *list)
{
	ce_arena_release(&list->arena);
	free(list->items);
	*list = (struct ce_differences){0};
}

enum {
	SHOWN = 160
};

/* Of a long text the end says more: it is mostly a path. */
static const char *shown(struct ce_arena *a, const char *text)
{
	CE_AUTOFREE char *plain = ce_printable(text ? text : "", false);
	size_t n = strlen(plain);

	if (n <= SHOWN)
		return ce_arena_strdup(a, plain);
	return ce_arena_printf(a, "%.*s…%s", SHOWN / 2, plain, plain + n - SHOWN / 2);
}

void ce_difference_add(struct ce_differences *list, const struct ce_difference *d)
{
	for (size_t i = list->n; i-- > 0;) {
		const struct ce_difference *o = &list->items[i];

		if (strcmp(o->artefact, d->artefact) != 0)
			break;
		if (o->cause == d->cause && strcmp(o->section, d->section) == 0)
			return;
	}
	CE_GROW(list->items, list->n, list->cap);
	list->items[list->n++] = (struct ce_difference){
		.artefact = ce_arena_strdup(&list->arena, d->artefact),
		.section = shown(&list->arena, d->section),
		.symbol = shown(&list->arena, d->symbol),
		.first = shown(&list->arena, d->first),
		.second = shown(&list->arena, d->second),
		.cause = d->cause,
	};
}
