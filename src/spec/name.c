/* SPDX-License-Identifier: MIT */
/* Which texts are package names, and which name a dependency begins with. */
#include "spec/name.h"

#include <string.h>
#include <strings.h>

#include "base/os.h"
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

/* Looked up by byte: this is called for each dependency of each record. */
static const char *find_end(const char *p)
{
	static const bool ends_name[256] = {['\0'] = true,
		[' '] = true,
		['\t'] = true,
		['='] = true,
		['<'] = true,
		['>'] = true,
		['!'] = true,
		['~'] = true,
		['('] = true,
		[')'] = true,
		['['] = true,
		[']'] = true,
		[','] = true,
		[';'] = true,
		['#'] = true,
		['|'] = true,
		['*'] = true};

	while (!ends_name[(unsigned char)*p])
		p++;
	return p;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Behind "channel::", "namespace:" or both; NULL for a URL of a file. */
static const char *skip_prefix(const char *p, const char *end)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	const char *colons = colon ? strstr(p, "::") : NULL;

	if (!colon && strncmp(skip_blanks(end), "::", 2) == 0)
		colons = skip_blanks(end);
	if (colons)
		return skip_blanks(colons + 2);
	if (!colon)
		return p;
	if (strncmp(colon, "://", 3) == 0)
		return NULL;
	return (const char *)ce_os_memrchr(p, ':', (size_t)(end - p)) + 1;
}

size_t ce_dependency_name(const char *text, const char **ret_name)
{
	const char *p = skip_blanks(text), *end = find_end(p), *name = skip_prefix(p, end);

	if (!name)
		return 0;
	*ret_name = name;
	return (size_t)((name == p ? end : find_end(name)) - name);
}

bool ce_dependency_is_on(const char *text, const char *name)
{
	const char *at = text;
	size_t n = ce_dependency_name(text, &at);

	return n == strlen(name) && strncasecmp(at, name, n) == 0;
}
