/* SPDX-License-Identifier: MIT */
/* License expressions; see license.h. */
#include "exchange/license.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/strs.h"

enum {
	EXPRESSION_MAX = 4096,
	PARENTHESES_MAX = 32,
};

struct scan {
	const char *at;
	char word[128]; /* the current token: "(", ")", a word; "" at the end */
	struct ce_buf out;
};

/* False for what is no token of an expression. */
static bool next(struct scan *s)
{
	size_t n;

	s->at += strspn(s->at, " ");
	n = *s->at == '(' || *s->at == ')' ? 1 : strcspn(s->at, " ()");
	if (n >= sizeof(s->word))
		return false;
	memcpy(s->word, s->at, n);
	s->word[n] = '\0';
	s->at += n;
	return true;
}

/* The listed spelling of the first `n` bytes of `word`; NULL if it is not in the list. */
static const char *find(const char *const *list, const char *word, size_t n)
{
	for (; *list; list++)
		if (strncasecmp(*list, word, n) == 0 && (*list)[n] == '\0')
			return *list;
	return NULL;
}

static bool is_license_ref(const char *word)
{
	static const char prefix[] = "LicenseRef-";
	const char *rest = word + sizeof(prefix) - 1;

	return ce_has_prefix(word, prefix) && *rest &&
	       rest[strspn(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 ".-")] == '\0';
}

static void put(struct scan *s, const char *text)
{
	if (s->out.len && s->out.data[s->out.len - 1] != '(' && strcmp(text, ")") != 0)
		ce_buf_addc(&s->out, ' ');
	ce_buf_adds(&s->out, text);
}

/* An identifier, perhaps with "+" and an exception. */
static bool read_license(struct scan *s)
{
	size_t n = strlen(s->word);
	bool plus = n > 1 && s->word[n - 1] == '+';
	const char *id = is_license_ref(s->word) ? s->word : find(ce_spdx_licenses, s->word, n);

	if (!id && plus)
		id = find(ce_spdx_licenses, s->word, n - 1);
	else
		plus = false;
	if (!id)
		return false;
	put(s, id);
	if (plus)
		ce_buf_addc(&s->out, '+');
	if (!next(s))
		return false;
	if (strcasecmp(s->word, "WITH") != 0)
		return true;
	if (!next(s))
		return false;
	id = find(ce_spdx_exceptions, s->word, strlen(s->word));
	if (!id)
		return false;
	put(s, "WITH");
	put(s, id);
	return next(s);
}

/* Opening parentheses and a license; *depth counts what is open. */
static bool read_operand(struct scan *s, int *depth)
{
	while (strcmp(s->word, "(") == 0) {
		if (++*depth > PARENTHESES_MAX)
			return false;
		put(s, "(");
		if (!next(s))
			return false;
	}
	return read_license(s);
}

static bool read_expression(struct scan *s)
{
	int depth = 0;

	if (!next(s))
		return false;
	for (;;) {
		bool both;

		if (!read_operand(s, &depth))
			return false;
		while (strcmp(s->word, ")") == 0) {
			if (--depth < 0)
				return false;
			put(s, ")");
			if (!next(s))
				return false;
		}
		if (!s->word[0])
			return depth == 0;
		both = strcasecmp(s->word, "AND") == 0;
		if (!both && strcasecmp(s->word, "OR") != 0)
			return false;
		put(s, both ? "AND" : "OR");
		if (!next(s))
			return false;
	}
}

char *ce_license_expression(const char *text)
{
	struct scan s = {.at = text};
	bool good = strlen(text) <= EXPRESSION_MAX && read_expression(&s);

	if (good)
		return ce_buf_steal(&s.out);
	ce_buf_release(&s.out);
	return NULL;
}
