/* SPDX-License-Identifier: MIT */
/* ccenv adopt: build files for a prefix that pixi, conda or micromamba made. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "ccenv/exchange.h"
#include "cli/cli.h"

static void print_result(struct ce_cli *cli, const struct ccenv_install_result *r)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;

	if (!cli->json) {
		ce_cli_say(cli, "Adopted: %zu package%s in %s; build files in %s", r->n_packages,
			r->n_packages == 1 ? "" : "s", r->prefix, r->root);
		return;
	}
	o = json_pack("{s:s,s:s,s:I}", "prefix", r->prefix, "root", r->root, "packages",
		(json_int_t)r->n_packages);
	ce_cli_print_json(o);
}

static int run(struct ce_cli *cli)
{
	struct ccenv_install_result result;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, NULL, &status))
		return status;
	if (cli->args.n != 1)
		return ce_cli_usage(cli, "adopt takes one prefix");
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_adopt(cli->project, cli->args.items[0], &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	print_result(cli, &result);
	free(result.prefix);
	free(result.root);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_adopt = {
	.name = "adopt",
	.args = "PREFIX",
	.summary = "write build files for a prefix that pixi, conda or micromamba made",
	.example = "  ccenv adopt .pixi/envs/default\n"
		   "  cmake -B build --toolchain build/_ccenv/toolchain/x86_64-linux.cmake\n",
	.run = run,
};
