/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_UTF8_H
#define CE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of the n bytes at s. Returns how many bytes it has, 1 to 4; 0 when
 * they are not UTF-8: an overlong form, a surrogate, a value beyond Unicode, or cut short.
 */
static inline size_t ce_utf8_decode(const char *s, size_t n, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	size_t more;
	uint32_t c;

	if (n == 0 || p[0] > 0xf4 || (p[0] >= 0x80 && p[0] < 0xc2))
		return 0;
	more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	if (more >= n)
		return 0;
	c = more ? p[0] & (0x3fU >> more) : p[0];
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return more + 1;
}

/* How many characters the first n bytes of a UTF-8 text are. */
static inline size_t ce_utf8_count(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += (s[i] & 0xc0) != 0x80;
	return count;
}

#endif
