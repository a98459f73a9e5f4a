/* SPDX-License-Identifier: MIT */
/* The set of releases that a text admits, and the one text of a set. */
#include "model/cuda_release.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "spec/version_spec.h"

enum {
	TEXT_MAX = 128,
	LAST = CE_CUDA_MAJORS * CE_CUDA_MINORS - 1
};

/* The i-th of all releases, in order: 9.0, 9.1, … */
static bool has(const struct ce_cuda_releases *r, int i)
{
	return r->minors[i / CE_CUDA_MINORS] >> i % CE_CUDA_MINORS & 1;
}

static int number_of(int i)
{
	return ce_cuda_release(CE_CUDA_MAJOR_FIRST + i / CE_CUDA_MINORS, i % CE_CUDA_MINORS);
}

/* What a term names: "13.0.0" of "13.0.0", "=13.0.0", "==13.0.0" and "13.0.0.*". Empty where it is not
 * a number, or a limit. */
static const char *number_in(const char *term, size_t len, size_t *ret_len)
{
	size_t skip = strspn(term, "= ");

	*ret_len = 0;
	if (skip >= len)
		return term;
	term += skip;
	len -= skip;
	while (len > 1 && term[len - 1] == '*')
		len--;
	if (len > 1 && term[len - 1] == '.')
		len--;
	if (strspn(term, "0123456789.") >= len && term[0] != '.' && !memmem(term, len, "..", 2))
		*ret_len = len;
	return term;
}

/* A third number that is not zero selects nothing: cuda-version has two. */
static int check_patch_level(const char *number, size_t len, struct ccenv_error *err)
{
	size_t dots = 0, two = len;

	for (size_t i = 0; i < len; i++) {
		dots += number[i] == '.';
		if (dots == 2 && two == len)
			two = i;
		if (i > two && number[i] != '.' && number[i] != '0')
			return ce_fail(err, CCENV_EDATA,
				"CUDA version \"%.*s\" has a patch level, but conda-forge selects releases by X.Y only; ask for \"%.*s\" and let the lock file hold the patch level",
				(int)len, number, (int)two, number);
	}
	return 0;
}

/* The text with each plain number written as a prefix, and without blanks. */
static int expand(const char *text, struct ce_buf *b, struct ccenv_error *err)
{
	for (const char *p = text; *p;) {
		const char *term, *number;
		size_t len, digits;
		int r;

		p += strspn(p, " ");
		term = p;
		len = strcspn(p, ",|()");
		p += len;
		while (len > 0 && term[len - 1] == ' ')
			len--;
		number = number_in(term, len, &digits);
		r = check_patch_level(number, digits, err);
		if (r < 0)
			return r;
		ce_buf_add(b, term, len);
		if (digits == len && len > 0)
			ce_buf_adds(b, ".*");
		if (*p)
			ce_buf_addc(b, *p++);
	}
	return 0;
}

/* The release that other spellings mean: "v13.0", "cuda-13.0", "cu130", "13.x", the runtime's 13000. NULL
 * where there is none in the text, or more than one may be meant. */
static const char *guess(const char *text, struct ce_arena *a)
{
	const char *p = strpbrk(text, "0123456789");
	unsigned long n, minor = 0;
	bool has_minor = true;
	char *end;

	if (!p || strpbrk(text, "<>!|~"))
		return NULL;
	n = strtoul(p, &end, 10);
	if (n >= CE_CUDA_MAJOR_FIRST * 1000 && n <= 99999) {
		minor = n % 1000 / 10;
		n /= 1000;
	} else if (n >= 100 && n <= 999) {
		minor = n % 10;
		n /= 10;
	} else {
		has_minor = *end && strchr(".,-_", *end) && end[1] >= '0' && end[1] <= '9';
		if (has_minor)
			minor = strtoul(end + 1, NULL, 10);
	}
	if (n < CE_CUDA_MAJOR_FIRST || n >= CE_CUDA_MAJOR_FIRST + CE_CUDA_MAJORS ||
		minor >= CE_CUDA_MINORS)
		return NULL;
	return has_minor ? ce_arena_printf(a, "%lu.%lu", n, minor) : ce_arena_printf(a, "%lu", n);
}

/* Ends a message with what was likely meant. */
static int fail_guess(const char *text, const char *what, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const char *meant = guess(text, &a);

	return ce_fail(err, CCENV_EDATA, "CUDA version \"%s\"%s%s%s%s", text, what,
		meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

static int find_members(
	const char *constraint, struct ce_cuda_releases *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_version_spec *spec;
	int r = ce_version_spec_parse(constraint, CE_SPEC_STRICT, &a, &spec, err);

	if (r < 0)
		return r;
	for (int i = 0; i <= LAST; i++) {
		const char *text = ce_arena_printf(
			&a, "%d.%d", CE_CUDA_MAJOR_FIRST + i / CE_CUDA_MINORS, i % CE_CUDA_MINORS);
		const struct ce_version *version;

		r = ce_version_parse(text, &a, &version, err);
		if (r < 0)
			return r;
		if (ce_version_spec_matches(spec, version))
			ret->minors[i / CE_CUDA_MINORS] |= 1U << i % CE_CUDA_MINORS;
	}
	return 0;
}

/* What is malformed is said of the text as it was written. */
static int check_form(const char *text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_version_spec *spec;
	int r;

	if (!text[strspn(text, " ")] || strlen(text) > TEXT_MAX ||
		text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.<>=!,|*~() ")])
		return fail_guess(text, ": expected X.Y or a range like \">=12.8,<13\"", err);
	r = ce_version_spec_parse(text, CE_SPEC_STRICT, &a, &spec, err);
	return r < 0 ? ce_context(err, r, "CUDA version \"%s\"", text) : 0;
}

int ce_cuda_releases_parse(const char *text, struct ce_cuda_releases *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf constraint = {0};
	struct ce_cuda_releases found = {0};
	int r;

	r = check_form(text, err);
	if (r < 0)
		return r;
	r = expand(text, &constraint, err);
	if (r < 0)
		return r;
	r = find_members(ce_buf_str(&constraint), &found, err);
	if (r < 0)
		return ce_context(err, r, "CUDA version \"%s\"", text);
	if (!ce_cuda_releases_have_from(&found, 0))
		return fail_guess(
			text, " admits no release; releases are X.Y, such as 12.9 or 13.0", err);
	*ret = found;
	return 0;
}

bool ce_cuda_releases_have_before(const struct ce_cuda_releases *r, int release)
{
	for (int i = 0; i <= LAST && number_of(i) < release; i++)
		if (has(r, i))
			return true;
	return false;
}

bool ce_cuda_releases_have_from(const struct ce_cuda_releases *r, int release)
{
	for (int i = LAST; i >= 0 && number_of(i) >= release; i--)
		if (has(r, i))
			return true;
	return false;
}

void ce_cuda_releases_drop_from(struct ce_cuda_releases *r, int release)
{
	for (int i = LAST; i >= 0 && number_of(i) >= release; i--)
		r->minors[i / CE_CUDA_MINORS] &= ~(1U << i % CE_CUDA_MINORS);
}

static void add_release(struct ce_buf *b, int i)
{
	int major = CE_CUDA_MAJOR_FIRST + i / CE_CUDA_MINORS, minor = i % CE_CUDA_MINORS;

	if (minor)
		ce_buf_addf(b, "%d.%d", major, minor);
	else
		ce_buf_addf(b, "%d", major);
}

/* All from `first` to `last`, both included. */
static void add_run(struct ce_buf *b, int first, int last)
{
	int major = CE_CUDA_MAJOR_FIRST + first / CE_CUDA_MINORS;

	if (first == last) {
		ce_buf_addf(b, "%d.%d.*", major, first % CE_CUDA_MINORS);
		return;
	}
	if (first % CE_CUDA_MINORS == 0 && last == first + CE_CUDA_MINORS - 1) {
		ce_buf_addf(b, "%d.*", major);
		return;
	}
	if (first > 0) {
		ce_buf_addf(b, ">=%d.%d", major, first % CE_CUDA_MINORS);
		if (last < LAST)
			ce_buf_addc(b, ',');
	}
	if (last < LAST) {
		ce_buf_addc(b, '<');
		add_release(b, last + 1);
	} else if (first == 0) {
		ce_buf_addc(b, '*');
	}
}

const char *ce_cuda_releases_text(const struct ce_cuda_releases *r, struct ce_arena *a)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (int i = 0, first; i <= LAST; i++) {
		if (!has(r, i))
			continue;
		for (first = i; i < LAST && has(r, i + 1);)
			i++;
		if (b.len)
			ce_buf_addc(&b, '|');
		add_run(&b, first, i);
	}
	return ce_arena_strdup(a, ce_buf_str(&b));
}
