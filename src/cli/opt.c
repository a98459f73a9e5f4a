/* SPDX-License-Identifier: MIT */
/* Option tables over getopt_long(). */
#include "cli/opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/printable.h"
#include "base/strs.h"

enum {
	LONG_ONLY = 1000
};

static size_t count(const struct ce_opt *t)
{
	size_t n = 0;

	while (t && t[n].name)
		n++;
	return n;
}

static void fill(
	const struct ce_opt *t, size_t n, size_t first, struct option *longs, struct ce_buf *shorts)
{
	for (size_t i = 0; i < n; i++) {
		longs[first + i] =
			(struct option){t[i].name, t[i].arg ? required_argument : no_argument, NULL,
				(int)(LONG_ONLY + first + i)};
		if (t[i].letter)
			ce_buf_addf(shorts, "%c%s", t[i].letter, t[i].arg ? ":" : "");
	}
}

static const struct ce_opt *by_letter(const struct ce_opt *t, size_t n, int letter)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].letter == letter)
			return &t[i];
	return NULL;
}

static void apply(const struct ce_opt *o, const char *value)
{
	if (o->flag)
		*o->flag = true;
	if (o->count)
		++*o->count;
	if (o->string)
		*o->string = value;
	if (o->list) {
		CE_GROW(o->list->items, o->list->n, o->list->cap);
		o->list->items[o->list->n++] = value;
	}
}

/* getopt prints an option that it does not know as it is, so such a one must not come to it. */
static bool options_are_clean(int argc, char **argv, bool ordered)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		CE_AUTOFREE char *name = ce_strndup(argv[i], strcspn(argv[i], "="));
		CE_AUTOFREE char *shown = ce_printable(name, false);

		if (name[0] != '-' && ordered)
			break;
		if (name[0] == '-' && strcmp(name, shown) != 0) {
			fprintf(stderr, "%s: unrecognized option '%s'\n", argv[0], shown);
			return false;
		}
	}
	return true;
}

static const char *nearest(const struct ce_opt *t, const char *name, size_t *least)
{
	const char *found = NULL;

	for (; t && t->name; t++) {
		size_t distance = ce_edit_distance(t->name, name);

		if (distance < *least) {
			*least = distance;
			found = t->name;
		}
	}
	return found;
}

/* getopt has said what is wrong; perhaps it can be said what was meant. `word`: "--offlin=x" */
static void suggest(const char *word, const struct ce_opt *own, const struct ce_opt *common)
{
	CE_AUTOFREE char *name = NULL;
	size_t least = 3;
	const char *found, *other;

	if (!ce_has_prefix(word, "--"))
		return;
	name = ce_strndup(word + 2, strcspn(word + 2, "="));
	found = nearest(own, name, &least);
	other = nearest(common, name, &least);
	if ((found || other) && least > 0)
		fprintf(stderr, "Did you mean --%s?\n", other ? other : found);
}

bool ce_opt_parse(int argc, char **argv, const struct ce_opt *own, const struct ce_opt *common,
	bool ordered, struct ce_args *ret)
{
	size_t n_own = count(own), n_common = count(common);
	CE_AUTOFREE struct option *longs = ce_calloc(n_own + n_common + 1, sizeof(*longs));
	CE_CLEANUP(ce_buf_release) struct ce_buf shorts = {0};
	int c;

	if (!options_are_clean(argc, argv, ordered))
		return false;
	if (ordered)
		ce_buf_addc(&shorts, '+');
	fill(own, n_own, 0, longs, &shorts);
	fill(common, n_common, n_own, longs, &shorts);
	optind = 0;
	while ((c = getopt_long(argc, argv, ce_buf_str(&shorts), longs, NULL)) != -1) {
		size_t i = (size_t)c - LONG_ONLY;
		const struct ce_opt *o;

		if (c == '?') {
			if (optopt == 0) /* it is known, and lacks its argument, otherwise */
				suggest(argv[optind - 1], own, common);
			return false;
		}
		if (c >= LONG_ONLY)
			o = i < n_own ? &own[i] : &common[i - n_own];
		else
			o = by_letter(own, n_own, c);
		if (!o)
			o = by_letter(common, n_common, c);
		if (o)
			apply(o, optarg);
	}
	*ret = (struct ce_args){argv + optind, (size_t)(argc - optind)};
	return true;
}

void ce_opt_help(const struct ce_opt *table)
{
	for (const struct ce_opt *o = table; o && o->name; o++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

		if (o->letter)
			ce_buf_addf(&b, "-%c, ", o->letter);
		else
			ce_buf_adds(&b, "    ");
		ce_buf_addf(&b, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s %s\n", ce_buf_str(&b), o->help);
	}
}

void ce_opt_names(const struct ce_opt *table)
{
	static const char indent[] = " ";
	size_t column = 0;

	for (const struct ce_opt *o = table; o && o->name; o++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

		if (o->letter)
			ce_buf_addf(&b, " -%c", o->letter);
		else
			ce_buf_addf(&b, " --%s", o->name);
		if (o->arg)
			ce_buf_addf(&b, " %s", o->arg);
		if (o[1].name)
			ce_buf_addc(&b, ',');
		if (column + b.len > 78) {
			printf("\n");
			column = 0;
		}
		if (column == 0)
			column += (size_t)printf("%s", indent);
		column += (size_t)printf("%s", ce_buf_str(&b));
	}
	printf("\n");
}

void ce_opt_words(const struct ce_opt *table)
{
	for (const struct ce_opt *o = table; o && o->name; o++)
		printf("--%s\t%s\n", o->name, o->help);
}

void ce_opt_list_release(struct ce_opt_list *list)
{
	free(list->items);
	*list = (struct ce_opt_list){0};
}
