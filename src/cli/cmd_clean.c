/* SPDX-License-Identifier: MIT */
/* ccenv clean: takes things out of the cache. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

/* A number with a unit letter: "7d", "20G". False when it is none. */
static bool parse_amount(
	const char *text, const char *units, const uint64_t *factors, uint64_t *ret)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || end[0] == '\0' || end[1] != '\0')
		return false;
	for (size_t i = 0; units[i]; i++)
		if (units[i] == end[0])
			return !__builtin_mul_overflow((uint64_t)n, factors[i], ret);
	return false;
}

static int clean(struct ce_cli *cli, const struct ccenv_clean_options *o)
{
	struct ccenv_clean_result result;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_clean(cli->project, o, &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		printf("{\"removed\": %zu, \"bytes\": %llu}\n", result.n,
			(unsigned long long)result.bytes);
	else
		ce_cli_say(cli, "%s: %zu entr%s, %.1f MiB", o->dry_run ? "Would remove" : "Removed",
			result.n, result.n == 1 ? "y" : "ies", (double)result.bytes / (1 << 20));
	return CE_EXIT_OK;
}

static int run(struct ce_cli *cli)
{
	static const uint64_t seconds[] = {3600, 86400, 7 * 86400}, bytes[] = {1 << 20, 1 << 30};
	struct ccenv_clean_options o = {0};
	const char *age = NULL, *keep = NULL;
	const struct ce_opt own[] = {
		{"packages", 0, NULL, "unpacked packages", .flag = &o.packages},
		{"downloads", 0, NULL, "partial downloads", .flag = &o.downloads},
		{"repodata", 0, NULL, "channel indexes", .flag = &o.repodata},
		{"older-than", 0, "TIME", "only what has not been used for 12h, 30d, 2w",
			.string = &age},
		{"keep", 0, "SIZE", "packages: keep the most recently used SIZE (500M, 20G)",
			.string = &keep},
		{"unshared", 0, NULL, "only packages that no prefix shares files with",
			.flag = &o.unshared},
		{"dry-run", 'n', NULL, "show what would be removed (-v names each)",
			.flag = &o.dry_run},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (age && !parse_amount(age, "hdw", seconds, &o.min_age_s))
		return ce_cli_usage(cli, "--older-than: expected 12h, 30d or 2w");
	if (keep && !parse_amount(keep, "MG", bytes, &o.keep_bytes))
		return ce_cli_usage(cli, "--keep: expected 500M or 20G");
	return clean(cli, &o);
}

const struct ce_command ce_cmd_clean = {
	.name = "clean",
	.args = "",
	.summary = "remove packages, downloads or indexes from the cache",
	.example = "  ccenv clean --older-than 30d --keep 20G\n",
	.run = run,
};
