/* SPDX-License-Identifier: MIT */
/* Why two texts differ that stand at the same place of two builds. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/rebuild.h"
#include "base/alloc.h"
#include "base/strs.h"

static bool starts(const char *section, const char *prefix)
{
	return strncmp(section, prefix, strlen(prefix)) == 0;
}

/* Sections with device code; nvcc -dlto has its own in .nv_… too. */
static bool is_device(const char *section)
{
	return starts(section, ".nv") || starts(section, "__nv");
}

static bool is_debug(const char *section)
{
	return starts(section, ".debug") || starts(section, ".zdebug") || starts(section, ".stab");
}

/* Does each text have what its own build has, and the other does not share? */
static bool has_own(const char *first, const char *second, const char *a, const char *b)
{
	return a && b && *a && *b && strcmp(a, b) != 0 && strstr(first, a) && strstr(second, b);
}

/* As has_own(), for names: of whole words, since "me" is in "name". */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
			!isalnum((unsigned char)at[n]))
			return true;
	return false;
}

static bool has_own_word(const char *first, const char *second, const char *a, const char *b)
{
	return a && b && *a && *b && strcmp(a, b) != 0 && has_word(first, a) && has_word(second, b);
}

/* What the second build has is distinctive; the first may have had nothing, as an empty LC_ALL, or another
 * name than the one that is known, as a USER that is not the user's. */
static bool names_other(const char *first, const char *second, const char *a, const char *b)
{
	return has_own_word(first, second, a, b) ||
	       (a && b && strlen(b) > 1 && strcmp(a, b) != 0 && has_word(second, b) &&
		       !has_word(first, b));
}

/* A pattern: 9 a digit, A a letter, ? a digit or blank, the rest itself. Where it is in the text. */
static const char *find_pattern(const char *text, const char *pattern)
{
	for (; *text; text++) {
		size_t i = 0;

		for (; pattern[i] && text[i]; i++) {
			unsigned char c = (unsigned char)text[i];

			if (pattern[i] == '9'       ? !isdigit(c)
				: pattern[i] == 'A' ? !isalpha(c)
				: pattern[i] == '?' ? !isdigit(c) && c != ' '
						    : pattern[i] != (char)c)
				break;
		}
		if (!pattern[i])
			return text;
	}
	return NULL;
}

static bool is_month(const char *text)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (const char *m = names; *m; m += 3)
		if (strncmp(m, text, 3) == 0)
			return true;
	return false;
}

/* __DATE__ "Nov  5 2026", __TIME__ "12:34:56", __TIMESTAMP__ "Thu Nov  5 12:34:56 2026", as a whole or at
 * the end or beginning of a text that a program was compiled with. */
static bool is_macro_date(const char *text)
{
	const char *date = find_pattern(text, "AAA ?9 9999");

	if (date && is_month(date))
		return true;
	date = find_pattern(text, "AAA AAA ?9 99:99:99 9999");
	return date && is_month(date + 4);
}

static bool is_clock(const char *text)
{
	return find_pattern(text, "99:99:99");
}

static bool is_iso_date(const char *text)
{
	return find_pattern(text, "2099-99-99") || find_pattern(text, "20999999") ||
	       find_pattern(text, "99/99/20");
}

/* Seconds since 1970 within a day of the build, as digits anywhere in the text. */
static bool has_epoch(const char *text, const struct ce_build *b)
{
	for (const char *p = text; *p; p++) {
		char *end;
		long long v;

		if (!isdigit((unsigned char)*p) || (p > text && isdigit((unsigned char)p[-1])))
			continue;
		v = strtoll(p, &end, 10);
		/* 10 digits: seconds; 13, 16, 19: their parts. */
		while (v > 99999999999LL)
			v /= 1000;
		if (end - p >= 10 && b->from && v >= b->from - 86400 && v <= b->until + 86400)
			return true;
	}
	return false;
}

/* The year that a text names: the first number of four digits that begins with 20; "" without one. */
static const char *year_of(const char *text)
{
	for (const char *at = text; (at = find_pattern(at, "2099")); at++)
		if ((at == text || !isdigit((unsigned char)at[-1])) &&
			!isdigit((unsigned char)at[4]))
			return at;
	return "";
}

/* The first numbers that differ are a day of a month and the next one. */
static bool is_next_day(const char *a, const char *b)
{
	for (;;) {
		char *end_a, *end_b;
		long x, y;

		a += strcspn(a, "0123456789");
		b += strcspn(b, "0123456789");
		if (!*a || !*b)
			return false;
		x = strtol(a, &end_a, 10);
		y = strtol(b, &end_b, 10);
		if (x != y)
			return y == x + 1 && x >= 1 && x <= 30 && end_a - a <= 2 && end_b - b <= 2;
		a = end_a;
		b = end_b;
	}
}

/* The same year, so not the later clock of the second build, but its time zone is named, or it is the
 * next day in it. */
static bool is_zone(const char *a, const char *b)
{
	const char *zone = CE_OTHER_ZONE_TEXT;

	if (strncmp(year_of(a), year_of(b), 4) != 0 || !*year_of(a))
		return false;
	return (strstr(b, zone) && !strstr(a, zone)) || is_next_day(a, b);
}

/* Only the sign before the decimals, or between the thousands, is another. */
static bool is_decimal(const char *a, const char *b)
{
	bool sign = false;

	for (; *a && *b; a++, b++)
		if (*a != *b) {
			if (!strchr(",.' ", *a) || !strchr(",.' ", *b))
				return false;
			sign = true;
		}
	return sign && *a == *b;
}

/* A date in words of another language: the numbers are the same. */
static bool is_translated(const struct ce_build *builds, const char *a, const char *b)
{
	if (strncmp(builds[0].locale, builds[1].locale, 2) == 0 ||
		strncmp(year_of(a), year_of(b), 4) != 0 || !*year_of(a))
		return false;
	while (*a || *b) {
		size_t n = strspn(a, "0123456789");

		if (n != strspn(b, "0123456789") || strncmp(a, b, n) != 0)
			return false;
		a += n;
		b += n;
		a += strcspn(a, "0123456789");
		b += strcspn(b, "0123456789");
	}
	return true;
}

static size_t common_start(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static size_t common_end(const char *a, const char *b, size_t start)
{
	size_t n = 0, x = strlen(a), y = strlen(b);

	while (n < x - start && n < y - start && a[x - 1 - n] == b[y - 1 - n])
		n++;
	return n;
}

static size_t count_xdigits(const char *text, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += isxdigit((unsigned char)text[i]) || text[i] == '-';
	return k;
}

/* Where the texts differ there are digits of a hash or random number in both. */
static bool is_random(const char *a, const char *b)
{
	size_t start = common_start(a, b), end = common_end(a, b, start);
	size_t x = strlen(a) - start - end, y = strlen(b) - start - end;

	return x >= 2 && y >= 2 && count_xdigits(a + start, x) == x &&
	       count_xdigits(b + start, y) == y;
}

/* Where the texts differ, does each have the number of its build? */
static bool has_own_number(const char *a, const char *b, unsigned first, unsigned second, int base)
{
	size_t start = common_start(a, b), end = common_end(a, b, start);
	char *stop_a, *stop_b;

	if (first == second)
		return false;
	while (start > 0 && isdigit((unsigned char)a[start - 1]))
		start--;
	while (end > 0 && isdigit((unsigned char)a[strlen(a) - end]))
		end--;
	return strtoul(a + start, &stop_a, base) == first &&
	       strtoul(b + start, &stop_b, base) == second && stop_a != a + start &&
	       stop_a == a + strlen(a) - end && stop_b == b + strlen(b) - end;
}

static unsigned year_at(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm utc;

	return seconds && gmtime_r(&t, &utc) ? (unsigned)utc.tm_year + 1900 : 0;
}

/* Permissions of a new file, program or directory under each umask. */
static bool is_own_mode(const struct ce_build *builds, const char *a, const char *b)
{
	static const unsigned all[] = {0666, 0777, 0444, 0555};
	unsigned x = builds[0].umask, y = builds[1].umask;

	for (size_t i = 0; i < CE_COUNT(all); i++)
		if (has_own_number(a, b, all[i] & ~x, all[i] & ~y, 8))
			return true;
	return has_own_number(a, b, x, y, 8);
}

static bool is_temporary(const struct ce_build *builds, const char *a, const char *b)
{
	size_t start = common_start(a, b);

	if (has_own(a, b, builds[0].tmp, builds[1].tmp))
		return true;
	return strstr(a, "/tmp") && strstr(b, "/tmp") && start > 0 && strncmp(a, "/tmp", 4) == 0;
}

static bool is_made_name(const char *text)
{
	return strstr(text, "_GLOBAL__") || strstr(text, "_INTERNAL_") ||
	       strstr(text, "__nv_static_") || strstr(text, "_cu_") ||
	       strstr(text, "__cuda_local") || strstr(text, "__nv_module_id") ||
	       strstr(text, "fatbinwrap") || strstr(text, "__sti____cudaRegisterAll");
}

/* The compiler and its options, as DW_AT_producer and .GCC.command.line have them. */
static bool is_command_line(const char *section, const char *text)
{
	static const char *const names[] = {"GNU C", "GNU GIMPLE", "GNU Fortran", "clang version"};

	if (strcmp(section, ".GCC.command.line") == 0 || strcmp(section, ".comment") == 0)
		return true;
	for (size_t i = 0; i < CE_COUNT(names); i++)
		if (ce_has_prefix(text, names[i]) && strstr(text, " -"))
			return true;
	return false;
}

static enum ce_cause path_cause(const char *section)
{
	if (is_debug(section))
		return CE_CAUSE_DEBUG_PATH;
	if (is_device(section))
		return CE_CAUSE_DEVICE;
	if (starts(section, ".dyn"))
		return CE_CAUSE_RUNPATH;
	return CE_CAUSE_PATH;
}

static bool has_own_path(const struct ce_build *builds, const char *a, const char *b)
{
	return has_own(a, b, builds[0].source, builds[1].source) ||
	       has_own(a, b, builds[0].dir, builds[1].dir);
}

static enum ce_cause time_cause(
	const struct ce_build *builds, const char *section, const char *a, const char *b)
{
	/* In a program it is the macro, in a text mostly the output of date. */
	if (is_macro_date(a) && is_macro_date(b))
		return *section ? CE_CAUSE_DATE : CE_CAUSE_TIME;
	if (is_iso_date(a) && is_iso_date(b))
		return CE_CAUSE_TIME;
	if (is_clock(a) && is_clock(b))
		return *section && strlen(a) == 8 ? CE_CAUSE_DATE : CE_CAUSE_TIME;
	if (has_epoch(a, &builds[0]) && has_epoch(b, &builds[1]))
		return CE_CAUSE_TIME;
	return CE_CAUSE_UNKNOWN;
}

static enum ce_cause name_cause(const char *section, const char *a, const char *b)
{
	if (strstr(a, "tmpxft_") && strstr(b, "tmpxft_"))
		return CE_CAUSE_TMPXFT;
	if (starts(section, ".gnu.lto_") || (strstr(a, ".gnu.lto_") && strstr(b, ".gnu.lto_")))
		return CE_CAUSE_RANDOM_SEED;
	if (is_made_name(a) && is_made_name(b))
		return CE_CAUSE_MODULE_ID;
	return CE_CAUSE_UNKNOWN;
}

enum ce_cause ce_text_cause(
	const struct ce_build builds[2], const char *section, const char *first, const char *second)
{
	enum ce_cause cause = name_cause(section, first, second);

	if (cause != CE_CAUSE_UNKNOWN)
		return cause;
	if (is_command_line(section, first) && is_command_line(section, second))
		return CE_CAUSE_COMMAND_LINE;
	if (has_own_path(builds, first, second))
		return path_cause(section);
	if (has_own(first, second, builds[0].home, builds[1].home) ||
		names_other(first, second, builds[0].host, builds[1].host) ||
		names_other(first, second, builds[0].user, builds[1].user))
		return CE_CAUSE_USER;
	if (is_zone(first, second))
		return CE_CAUSE_ZONE;
	if (is_decimal(first, second) || is_translated(builds, first, second) ||
		names_other(first, second, builds[0].locale, builds[1].locale))
		return CE_CAUSE_LOCALE;
	cause = time_cause(builds, section, first, second);
	if (cause != CE_CAUSE_UNKNOWN)
		return cause;
	if (is_temporary(builds, first, second))
		return CE_CAUSE_TEMPORARY;
	if (has_own_number(first, second, builds[0].uid, builds[1].uid, 10))
		return CE_CAUSE_UID;
	if (is_own_mode(builds, first, second))
		return CE_CAUSE_MODE;
	if (has_own_number(first, second, year_at(builds[0].from), year_at(builds[1].until), 10))
		return CE_CAUSE_TIME;
	if (has_own_number(first, second, builds[0].cores, builds[1].cores, 10))
		return CE_CAUSE_CORES;
	if (is_random(first, second))
		return CE_CAUSE_RANDOM;
	return CE_CAUSE_UNKNOWN;
}

enum ce_cause ce_section_cause(const char *section)
{
	if (strcmp(section, ".note.gnu.build-id") == 0)
		return CE_CAUSE_BUILD_ID;
	if (starts(section, ".gnu.lto_"))
		return CE_CAUSE_RANDOM_SEED;
	if (is_device(section))
		return CE_CAUSE_DEVICE;
	if (is_debug(section))
		return CE_CAUSE_DEBUG_PATH;
	return CE_CAUSE_UNKNOWN;
}
