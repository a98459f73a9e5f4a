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
#include "base/utf8.h"

enum {
	LONG_ONLY = 1000,
	HELP_COLUMN = 31 /* where the meanings of options begin */
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

static size_t count_prefixed(const struct ce_opt *t, const char *prefix)
{
	size_t n = 0;

	for (; t && t->name; t++)
		n += ce_has_prefix(t->name, prefix);
	return n;
}

/* `word`: "--offlin=x". The caller frees the text. */
static char *unknown_long(const char *word, const struct ce_opt *own, const struct ce_opt *common)
{
	CE_AUTOFREE char *name = ce_strndup(word + 2, strcspn(word + 2, "="));
	CE_AUTOFREE char *shown = ce_printable(name, false);
	size_t least = 3;
	const char *found = nearest(own, name, &least), *other = nearest(common, name, &least);

	if (count_prefixed(own, name) + count_prefixed(common, name) > 1)
		return ce_asprintf("the option --%s could be several; write it in full", shown);
	if (found || other)
		return ce_asprintf(
			"unknown option --%s; did you mean --%s?", shown, other ? other : found);
	return ce_asprintf("unknown option --%s", shown);
}

static const struct ce_opt *by_value(
	int value, const struct ce_opt *own, const struct ce_opt *common)
{
	size_t n_own = count(own), i = (size_t)value - LONG_ONLY;

	if (value >= LONG_ONLY)
		return i < n_own ? &own[i] : &common[i - n_own];
	return by_letter(own, n_own, value) ? by_letter(own, n_own, value)
					    : by_letter(common, count(common), value);
}

/* What getopt_long() found wrong, as it tells by `c` and optopt. The caller frees the text. */
static char *mistake(int c, const char *word, const struct ce_opt *own, const struct ce_opt *common)
{
	const struct ce_opt *o = optopt ? by_value(optopt, own, common) : NULL;
	char letter[2] = {(char)optopt, '\0'};
	CE_AUTOFREE char *shown = ce_printable(letter, false);

	if (c == ':' && o)
		return ce_asprintf("--%s needs a value: --%s %s", o->name, o->name, o->arg);
	if (o)
		return ce_asprintf("--%s takes no value", o->name);
	return optopt ? ce_asprintf("unknown option -%s", shown) : unknown_long(word, own, common);
}

bool ce_opt_parse(int argc, char **argv, const struct ce_opt *own, const struct ce_opt *common,
	bool ordered, struct ce_args *ret)
{
	size_t n_own = count(own), n_common = count(common);
	CE_AUTOFREE struct option *longs = ce_calloc(n_own + n_common + 1, sizeof(*longs));
	CE_CLEANUP(ce_buf_release) struct ce_buf shorts = {0};
	int c;

	/* ':' tells a missing value from an unknown option; the messages are ours. */
	ce_buf_adds(&shorts, ordered ? "+:" : ":");
	fill(own, n_own, 0, longs, &shorts);
	fill(common, n_common, n_own, longs, &shorts);
	optind = 0;
	while ((c = getopt_long(argc, argv, ce_buf_str(&shorts), longs, NULL)) != -1) {
		const struct ce_opt *o = NULL;

		if (c != '?' && c != ':')
			o = by_value(c, own, common);
		if (!o) {
			ret->mistake = mistake(c, argv[optind - 1], own, common);
			return false;
		}
		apply(o, optarg);
	}
	*ret = (struct ce_args){argv + optind, (size_t)(argc - optind), NULL};
	return true;
}

/* Prints a text behind `column`, in as many lines as it needs; each begins there. */
static void print_wrapped(const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t n = strcspn(text, " "), width = ce_utf8_count(text, n);

		if (at > column && at + 1 + width > CE_HELP_COLUMNS)
			at = (size_t)printf("\n%*s", (int)column, "") - 1;
		if (at > column)
			at += (size_t)printf(" ");
		printf("%.*s", (int)n, text);
		at += width;
		text += n + (text[n] == ' ');
	}
	printf("\n");
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
		/* The meaning of a long one begins on a line of its own. */
		if (b.len > HELP_COLUMN - 3)
			printf("  %s\n%*s", ce_buf_str(&b), HELP_COLUMN, "");
		else
			printf("  %-*s ", HELP_COLUMN - 3, ce_buf_str(&b));
		print_wrapped(o->help, HELP_COLUMN);
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
