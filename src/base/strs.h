/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_STRS_H
#define CE_BASE_STRS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Texts and lists of texts.
 *
 * A list is passed by value, like a pair of pointer and length. It owns nothing: who fills it says
 * where the array and the texts live. {0} is the empty list.
 */
struct ce_strs {
	const char **items;
	size_t n;
};

static inline bool ce_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static inline bool ce_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), n_suffix = strlen(suffix);

	return n >= n_suffix && memcmp(s + n - n_suffix, suffix, n_suffix) == 0;
}

static inline bool ce_strs_has(struct ce_strs list, const char *s)
{
	for (size_t i = 0; i < list.n; i++)
		if (strcmp(list.items[i], s) == 0)
			return true;
	return false;
}

/*
 * Takes the next word off a text of words with ", " between them: true, and the word is the *ret_n bytes at *ret. False at
 * the end. *text, which may be NULL, moves behind it.
 */
static inline bool ce_next_word(const char **text, const char **ret, size_t *ret_n)
{
	const char *word = *text ? *text + strspn(*text, ", ") : "";

	*ret = word;
	*ret_n = strcspn(word, ", ");
	*text = word + *ret_n;
	return *ret_n > 0;
}

#endif
