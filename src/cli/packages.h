/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_PACKAGES_H
#define CE_CLI_PACKAGES_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "ccenv/ccenv.h"

struct ce_cli;

/*
 * Lists of packages for people and programs. On a terminal they are a table with a title per column
 * and sizes as people read them; elsewhere plain columns separated by blanks, sizes in bytes; with
 * --json an array of objects.
 */
enum {
	CE_PACKAGES_FIELDS_MAX = 32
};

struct ce_packages_view {
	const char *fields;  /* "name,version,size"; NULL: the usual ones */
	const char *sort_by; /* a field, or NULL: by name */
	const char *match;   /* extended regular expression for names, or NULL */
	bool explicit_only;  /* only what was asked for by name */
};

/* Compiles an extended regular expression, for which upper and lower case are alike; CE_EXIT_USAGE, with a
 * message, if it is wrong. regfree() it. */
int ce_packages_regex(struct ce_cli *cli, const char *pattern, regex_t *ret);
/* Which names match the extended regular expression, upper and lower case alike: list->n answers. Says
 * so if none does. The exit status is CE_EXIT_USAGE, with a message, for an expression that is wrong. */
int ce_packages_match(
	struct ce_cli *cli, const struct ccenv_packages *list, const char *pattern, bool *ret);
/* Prints them. Returns an exit status: CE_EXIT_USAGE, with a message, for a wrong view. */
int ce_packages_print(
	struct ce_cli *cli, const struct ccenv_packages *list, const struct ce_packages_view *view);
/* Says that `n` packages are now in `where`: "Bundled: 34 packages in app.tar", or {"packages": 34}. */
void ce_packages_say(struct ce_cli *cli, const char *verb, size_t n, const char *where);

#endif
