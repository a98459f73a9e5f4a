/* SPDX-License-Identifier: MIT */
/* The one file that knows libpkgconf, whose interface differs from version to version. */
#include "emit/emit_pccheck.h"

#include <fcntl.h>
#include <libpkgconf/libpkgconf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/elf_types.h"
#include "base/error.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

#if LIBPKGCONF_VERSION < 10900
typedef const void *handler_data;
#else
typedef void *handler_data;
#endif

enum {
	MAX_DEPTH = 100
};

struct check {
	const char *platform;
	struct ccenv_error *err;
	int result;
	char message[512]; /* the first that libpkgconf had to say */
};

static bool keep_message(const char *text, const pkgconf_client_t *client, handler_data data)
{
	/* The pointer is const in old versions only; what it points to is always ours. */
	struct check *c = (struct check *)(uintptr_t)data;

	(void)client;
	if (c->message[0] == '\0')
		snprintf(c->message, sizeof(c->message), "%.*s", (int)strcspn(text, "\n"), text);
	return true;
}

static bool ignore_message(const char *text, const pkgconf_client_t *client, handler_data data)
{
	(void)text;
	(void)client;
	(void)data;
	return true;
}

static pkgconf_client_t *new_client(struct check *c)
{
	static const pkgconf_cross_personality_t nothing = {.name = "ccenv"};
	pkgconf_client_t *client;

#if LIBPKGCONF_VERSION < 30000
	client = pkgconf_client_new(keep_message, c, &nothing);
#else
	client = pkgconf_client_new(keep_message, c, &nothing, NULL, NULL);
#endif
	if (!client)
		return NULL;
	pkgconf_client_set_warn_handler(client, ignore_message, NULL);
	/* The constructor has read the environment; take that back. */
	pkgconf_client_set_sysroot_dir(client, NULL);
	pkgconf_client_set_buildroot_dir(client, NULL);
	pkgconf_path_free(&client->dir_list);
	pkgconf_client_set_flags(client,
		PKGCONF_PKG_PKGF_SEARCH_PRIVATE | PKGCONF_PKG_PKGF_MERGE_PRIVATE_FRAGMENTS |
			PKGCONF_PKG_PKGF_NO_UNINSTALLED | PKGCONF_PKG_PKGF_DONT_RELOCATE_PATHS);
	return client;
}

/* e_machine of the ELF header at `at`; -1 when there is none. Both of our platforms are
 * little-endian. */
static int machine_at(int fd, off_t at)
{
	unsigned char b[20];

	if (pread(fd, b, sizeof(b), at) != (ssize_t)sizeof(b) || memcmp(b, ELFMAG, SELFMAG) != 0)
		return -1;
	return b[18] | b[19] << 8;
}

/* Of the first object in an ar archive: "!<arch>\n", then members with a header of 60 bytes, the
 * size at 48, even. */
static int machine_in_archive(int fd)
{
	char head[60], size[11];
	off_t at = 8;

	/* The first ones are the symbol table and the table of long names. */
	for (int i = 0; i < 8 && pread(fd, head, sizeof(head), at) == (ssize_t)sizeof(head); i++) {
		int machine = machine_at(fd, at + 60);

		if (machine >= 0)
			return machine;
		memcpy(size, head + 48, 10);
		size[10] = '\0';
		at += 60 + (off_t)((strtoul(size, NULL, 10) + 1) & ~1UL);
	}
	return -1;
}

/* Of a library; -1 when it is a linker script or something else without one. */
static int library_machine(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[8] = "";
	int machine = -1;

	if (fd < 0)
		return -1;
	if (pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic))
		machine = memcmp(magic, "!<arch>\n", 8) == 0 ? machine_in_archive(fd)
							     : machine_at(fd, 0);
	close(fd);
	return machine;
}

static bool is_system_library(const char *name)
{
	static const char *const names[] = {"c", "dl", "m", "pthread", "rt"};

	for (size_t i = 0; i < CE_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The file that -l`name` is in one of the -L of `list`; NULL when there is none. The caller frees.
 */
static char *find_library(const pkgconf_list_t *list, const char *name)
{
	static const char *const suffixes[] = {"so", "a"};
	pkgconf_node_t *node;

	PKGCONF_FOREACH_LIST_ENTRY(list->head, node)
	{
		const pkgconf_fragment_t *frag = node->data;

		for (size_t i = 0; frag->type == 'L' && i < CE_COUNT(suffixes); i++) {
			char *path = ce_asprintf("%s/lib%s.%s", frag->data, name, suffixes[i]);

			if (access(path, R_OK) == 0)
				return path;
			free(path);
		}
	}
	return NULL;
}

static int check_library(const struct check *c, const pkgconf_list_t *list, const char *name)
{
	CE_AUTOFREE char *path = find_library(list, name);
	int want = strcmp(c->platform, "linux-aarch64") == 0 ? EM_AARCH64 : EM_X86_64;
	int machine;

	if (!path && is_system_library(name))
		return 0;
	if (!path)
		return ce_fail(c->err, CCENV_EDATA, "-l%s is in none of its -L directories", name);
	machine = library_machine(path);
	if (machine >= 0 && machine != want)
		return ce_fail(c->err, CCENV_EDATA,
			"%s is for another machine (ELF machine %d, not %d)", path, machine, want);
	return 0;
}

static int check_fragments(const struct check *c, const pkgconf_list_t *list)
{
	pkgconf_node_t *node;
	int r = 0;

	PKGCONF_FOREACH_LIST_ENTRY(list->head, node)
	{
		const pkgconf_fragment_t *frag = node->data;

		if ((frag->type == 'I' || frag->type == 'L') && !ce_fs_is_dir(frag->data))
			r = ce_fail(c->err, CCENV_EDATA, "-%c%s is not a directory", frag->type,
				frag->data);
		else if (frag->type == 'l')
			r = check_library(c, list, frag->data);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool check_world(pkgconf_client_t *client, pkgconf_pkg_t *world, void *data, int max_depth)
{
	struct check *c = data;
	pkgconf_list_t list = PKGCONF_LIST_INITIALIZER;

	if (pkgconf_pkg_cflags(client, world, &list, max_depth) == PKGCONF_PKG_ERRF_OK &&
		pkgconf_pkg_libs(client, world, &list, max_depth) == PKGCONF_PKG_ERRF_OK)
		c->result = check_fragments(c, &list);
	else
		c->result = ce_fail(c->err, CCENV_EDATA, "%s", c->message);
	pkgconf_fragment_free(&list);
	return c->result == 0;
}

int ce_emit_pc_check(
	const char *dir, const char *name, const char *platform, struct ccenv_error *err)
{
	struct check c = {.platform = platform, .err = err};
	pkgconf_list_t queue = PKGCONF_LIST_INITIALIZER;
	pkgconf_client_t *client = new_client(&c);

	if (!client)
		return ce_fail(err, CCENV_EDATA, "libpkgconf does not start");
	pkgconf_path_add(dir, &client->dir_list, false);
	pkgconf_queue_push(&queue, name);
	if (!pkgconf_queue_apply(client, &queue, check_world, MAX_DEPTH, &c) && c.result == 0)
		c.result = ce_fail(err, CCENV_EDATA, "%s",
			*c.message ? c.message : "libpkgconf cannot read it");
	pkgconf_queue_free(&queue);
	pkgconf_client_free(client);
	if (c.result < 0)
		return ce_context(err, c.result,
			"%s/%s.pc: the installed packages do not fit together", dir, name);
	return 0;
}
