/* SPDX-License-Identifier: MIT */
/* ccenv install: lock if need be, fetch, link, write the build files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"

static void print_result(struct ce_cli *cli, const struct ccenv_install_result *r)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();

	if (!cli->json) {
		ce_cli_say(cli, "Installed: %zu package%s in %s", r->n_packages,
			r->n_packages == 1 ? "" : "s", r->prefix);
		return;
	}
	json_object_set_new(o, "prefix", json_string(r->prefix));
	if (r->root)
		json_object_set_new(o, "root", json_string(r->root));
	json_object_set_new(o, "packages", json_integer((json_int_t)r->n_packages));
	ce_cli_print_json(o);
}

static int install(struct ce_cli *cli, const struct ccenv_install_options *o)
{
	struct ccenv_install_result result;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_install(cli->project, o, &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	print_result(cli, &result);
	free(result.prefix);
	free(result.root);
	return CE_EXIT_OK;
}

/* CCENV_LOCKED and CCENV_FROZEN do what --locked and --frozen do, for CI. */
static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] && strcmp(value, "0") != 0;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_install_options o = {0};
	bool locked = false, frozen = false;
	const struct ce_opt own[] = {
		{"locked", 0, NULL, "fail when the lock is missing or out of date (CCENV_LOCKED=1)",
			.flag = &locked},
		{"frozen", 0, NULL, "use the lock as it is, unchecked (CCENV_FROZEN=1)",
			.flag = &frozen},
		{"repair", 0, NULL, "fetch and unpack every package again, rebuild the prefix",
			.flag = &o.repair},
		{"require-attestation", 0, NULL,
			"fail unless every package has a verified attestation: so far always",
			.flag = &o.require_attestation},
		CE_OPT_SELECTION(o.of),
		{"expect-cuda", 0, "VERSION",
			"fail, before anything is fetched, unless the lock has this CUDA",
			.string = &o.cuda},
		{"prefix", 0, "DIR", "install a plain conda prefix there, no build files",
			.string = &o.prefix},
		{"from-lock", 0, "FILE",
			"install a pixi.lock, conda-lock.yml, @EXPLICIT list or ccenv.lock as it is, without a manifest",
			.string = &o.from_lock},
		{"from-bundle", 0, "FILE",
			"install from a file that `ccenv bundle` wrote; nothing is downloaded",
			.string = &o.from_bundle},
		{"from-cache", 0, "DIR",
			"also look for archives in conda's or mamba's cache (CCENV_PACKAGE_CACHES)",
			.list = &cli->package_caches},
		{"trust-cache", 0, "DIR",
			"also use unpacked packages there, pixi's too (CCENV_TRUSTED_CACHES)",
			.list = &cli->trusted_caches},
		{"cuda", 0, "VERSION", "without a manifest: CUDA release, e.g. 13.0",
			.string = &cli->cuda},
		{"component", 0, "NAME", "without a manifest: nvcc, cudart, nvrtc, …",
			.list = &cli->components},
		{"channel", 'c', "CHANNEL", "without a manifest: a name, a URL or a path",
			.list = &cli->channels},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&o.of);
	if (locked && frozen)
		return ce_cli_usage(cli, "--locked and --frozen cannot be combined");
	if (o.from_lock && o.from_bundle)
		return ce_cli_usage(cli, "--from-lock and --from-bundle cannot be combined");
	if (frozen || (is_set("CCENV_FROZEN") && !locked))
		o.mode = CCENV_LOCK_FROZEN;
	else if (locked || is_set("CCENV_LOCKED"))
		o.mode = CCENV_LOCK_LOCKED;
	return install(cli, &o);
}

const struct ce_command ce_cmd_install = {
	.name = "install",
	.args = "",
	.summary = "install the locked packages, write the files for build systems",
	.example = "  ccenv install --locked\n",
	.run = run,
};
