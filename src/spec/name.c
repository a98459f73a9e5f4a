/* SPDX-License-Identifier: MIT */
/* Which texts are package names, and which name a dependency begins with. */
#include "spec/name.h"

#include <string.h>
#include <strings.h>

#include "spec/scan.h"

bool ce_name_is_valid(const char *name, size_t len)
{
	if (len == 0 || len > CE_NAME_MAX || name[0] == '-' || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!ce_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && c != '-' && c != '.')
			return false;
	}
	return true;
}

void ce_name_to_lower(char *name)
{
	for (char *p = name; *p; p++)
		*p = ce_to_lower(*p);
}

static bool ends_name(char c)
{
	return strchr(" \t=<>!~()[],;#|*", c) != NULL; /* the terminating NUL too */
}

size_t ce_dependency_name(const char *text, const char **ret_name)
{
	const char *p = text + strspn(text, " \t"), *end = p, *colons;

	while (!ends_name(*end))
		end++;
	if (memchr(p, ':', (size_t)(end - p))) {
		colons = strstr(p, "::");
		if (!colons)
			return 0;
		p = colons + 2;
		for (end = p; !ends_name(*end);)
			end++;
	}
	*ret_name = p;
	return (size_t)(end - p);
}

bool ce_dependency_is_on(const char *text, const char *name)
{
	const char *at;
	size_t n = ce_dependency_name(text, &at);

	return n == strlen(name) && strncasecmp(at, name, n) == 0;
}
