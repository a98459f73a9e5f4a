/* SPDX-License-Identifier: MIT */
/* The table of GPU architectures and CUDA releases. */
#include "model/arch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

enum {
	LATEST = 9999,
	/* The newest release that the table was checked with. */
	NEWEST = 1303,
	/* From which release on nvcc has the family form ("100f"). */
	FAMILY_SINCE = 1209,
};

/* Releases as major * 100 + minor. Forms: a from 9.0 on, f from 10.0 on. */
static const struct known_arch {
	int number;
	int first, last;
} known[] = {
	{50, 1200, 1209},
	{52, 1200, 1209},
	{53, 1200, 1209},
	{60, 1200, 1209},
	{61, 1200, 1209},
	{62, 1200, 1209},
	{70, 1200, 1209},
	{72, 1200, 1209},
	{75, 1200, LATEST},
	{80, 1200, LATEST},
	{86, 1200, LATEST},
	{87, 1200, LATEST},
	{88, 1300, LATEST},
	{89, 1200, LATEST},
	{90, 1200, LATEST},
	{100, 1208, LATEST},
	{101, 1208, 1209}, /* renamed to 110 */
	{103, 1209, LATEST},
	{110, 1300, LATEST},
	{120, 1208, LATEST},
	{121, 1209, LATEST},
};

static int release(const char *cuda_version)
{
	char *end;
	long major = strtol(cuda_version, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return major > 0 && major < 100 && minor >= 0 && minor < 100 ? (int)(major * 100 + minor)
								     : LATEST;
}

static bool takes(const struct known_arch *k, char form, int rel)
{
	if (rel < k->first || rel > k->last)
		return false;
	if (form == 'a')
		return k->number >= 90;
	if (form == 'f')
		return k->number >= 100 && rel >= FAMILY_SINCE;
	return true;
}

struct ce_strs ce_arch_list(const char *cuda_version, struct ce_arena *a)
{
	static const char forms[] = {'\0', 'a', 'f'};
	const char **list = ce_arena_array(a, CE_COUNT(known) * CE_COUNT(forms) + 1, sizeof(*list));
	int rel = release(cuda_version);
	size_t n = 0;

	for (size_t i = 0; i < CE_COUNT(known); i++)
		for (size_t f = 0; f < CE_COUNT(forms); f++)
			if (takes(&known[i], forms[f], rel))
				list[n++] =
					ce_arena_printf(a, "%d%.1s", known[i].number, &forms[f]);
	return (struct ce_strs){list, n};
}

/* "100f-real": 100 and 'f'. False when it is nothing of the kind. */
static bool parse(const char *arch, int *ret_number, char *ret_form)
{
	size_t n = strspn(arch, "0123456789");
	const char *rest = arch + n;

	if (n < 2 || n > 3)
		return false;
	*ret_number = (int)strtol(arch, NULL, 10);
	*ret_form = '\0';
	if (*rest == 'a' || *rest == 'f')
		*ret_form = *rest++;
	return !*rest || strcmp(rest, "-real") == 0 || strcmp(rest, "-virtual") == 0;
}

static bool is_word(const char *arch)
{
	return strcmp(arch, "all") == 0 || strcmp(arch, "all-major") == 0 ||
	       strcmp(arch, "native") == 0;
}

/* Why a release does not take an architecture that others take; "" where it does. */
static const char *why_not(const struct known_arch *k, int rel, struct ce_arena *a)
{
	if (rel > k->last)
		return ce_arena_printf(
			a, "CUDA %d.%d was the last one", k->last / 100, k->last % 100);
	if (rel < k->first)
		return ce_arena_printf(
			a, "CUDA %d.%d is the first one", k->first / 100, k->first % 100);
	return "";
}

struct ce_strs ce_arch_others(const char *cuda_version, struct ce_arena *a)
{
	const char **list = ce_arena_array(a, CE_COUNT(known) + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < CE_COUNT(known); i++) {
		const char *why = why_not(&known[i], release(cuda_version), a);

		if (*why)
			list[n++] = ce_arena_printf(a, "%d %s", known[i].number, why);
	}
	return (struct ce_strs){list, n};
}

static int fail_release(
	const char *arch, int number, const char *cuda_version, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	const char *why = "";
	struct ce_strs list = ce_arch_list(cuda_version, &a);

	for (size_t i = 0; i < list.n; i++)
		ce_buf_addf(&b, "%s%s", i ? " " : "", list.items[i]);
	for (size_t i = 0; i < CE_COUNT(known); i++)
		if (known[i].number == number)
			why = why_not(&known[i], release(cuda_version), &a);
	return ce_fail(err, CCENV_EDATA,
		"GPU architecture \"%s\" is not supported by nvcc of CUDA %s%s%s; supported are %s",
		arch, cuda_version, *why ? "; " : "", why, ce_buf_str(&b));
}

int ce_arch_check(const char *arch, const char *cuda_version, struct ccenv_error *err)
{
	bool is_known = false;
	int number;
	char form;

	if (is_word(arch))
		return 0;
	if (!parse(arch, &number, &form))
		return ce_fail(err, CCENV_EDATA,
			"GPU architecture \"%s\": expected a compute capability without its dot, e.g. \"90\", \"90a\", \"90-real\", \"90-virtual\", or all, all-major, native",
			arch);
	if (!cuda_version)
		return 0;
	for (size_t i = 0; i < CE_COUNT(known); i++) {
		if (known[i].number != number)
			continue;
		is_known = true;
		if (takes(&known[i], form, release(cuda_version)))
			return 0;
	}
	/* A GPU later than this table: its nvcc knows. */
	if (!is_known && release(cuda_version) > NEWEST)
		return 0;
	return fail_release(arch, number, cuda_version, err);
}

/* The numbers themselves, as machine code, and the last one as PTX for GPUs to come. */
static size_t add_all(bool major_only, int rel, struct ce_arena *a, const char **list, size_t n)
{
	int last = 0, last_major = 0;

	for (size_t i = 0; i < CE_COUNT(known); i++) {
		int number = known[i].number;

		if (!takes(&known[i], '\0', rel))
			continue;
		/* As CMake does: the first of a major, be it x.0 or not. */
		if (major_only && number / 10 == last_major)
			continue;
		last_major = number / 10;
		last = number;
		list[n++] = ce_arena_printf(a, "%d-real", number);
	}
	list[n++] = ce_arena_printf(a, "%d-virtual", last);
	return n;
}

int ce_arch_expand(struct ce_strs archs, const char *cuda_version, const char *native,
	struct ce_arena *a, struct ce_strs *ret, struct ccenv_error *err)
{
	const char **list = ce_arena_array(a, archs.n * (CE_COUNT(known) + 1) + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < archs.n; i++) {
		const char *arch = archs.items[i];
		bool major_only = strcmp(arch, "all-major") == 0;
		int r = ce_arch_check(arch, cuda_version, err);

		if (r < 0)
			return r;
		if (strcmp(arch, "native") == 0 && !native)
			return ce_fail(err, CCENV_EHOST,
				"GPU architecture \"native\": this machine has no NVIDIA GPU with a driver; name the architectures in ccenv.json, or set CUDAARCHS");
		if (strcmp(arch, "native") == 0)
			list[n++] = ce_arena_printf(a, "%s-real", native);
		else if (major_only || strcmp(arch, "all") == 0)
			n = add_all(major_only, release(cuda_version), a, list, n);
		else
			list[n++] = ce_arena_strdup(a, arch);
	}
	*ret = (struct ce_strs){list, n};
	return 0;
}
