/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_OPT_H
#define CE_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CE_HELP_COLUMNS = 80 /* no line of a help is wider */
};

/*
 * Option tables: parsing and help come from the same rows.
 *
 * A row with `arg` takes a value: a text in `string`, or one more in `list`. A row without it sets
 * `flag`, or adds one to `count`. Tables end with a row whose name is NULL.
 */
struct ce_opt_list {
	const char **items;
	size_t n, cap;
};

struct ce_opt {
	const char *name; /* long name */
	char letter;      /* or 0 */
	const char *arg;  /* name of the value in the help, or NULL */
	const char *help;
	bool *flag;
	int *count;
	const char **string;
	struct ce_opt_list *list;
};

/* What follows the options. `items` points into argv. */
struct ce_args {
	char **items;
	size_t n;
	char *mistake; /* what is wrong, where parsing failed; the caller frees it */
};

/*
 * Parses argv[1…] by two tables (either may be NULL). Options may come anywhere; "--" ends them,
 * and with `ordered` so does the first argument. On a mistake ret->mistake names it, nothing else is set,
 * and false is returned.
 */
bool ce_opt_parse(int argc, char **argv, const struct ce_opt *own, const struct ce_opt *common,
	bool ordered, struct ce_args *ret);
/* Prints the rows of a table as help. */
void ce_opt_help(const struct ce_opt *table);
/* Prints only their names, in as few lines as they need. */
void ce_opt_names(const struct ce_opt *table);
/* Prints the rows for completion: "--name<tab>help". */
void ce_opt_words(const struct ce_opt *table);
void ce_opt_list_release(struct ce_opt_list *list);

#endif
