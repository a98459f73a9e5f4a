/* SPDX-License-Identifier: MIT */
/* ccenv import: manifest and lock of another program's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "ccenv/exchange.h"
#include "cli/cli.h"

static void print_result(struct ce_cli *cli, const struct ccenv_import_result *r)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;

	if (!cli->json) {
		ce_cli_say(cli, "Imported: %zu package%s in %s; next: `ccenv install`",
			r->n_packages, r->n_packages == 1 ? "" : "s", r->lock);
		return;
	}
	o = json_pack("{s:s,s:s,s:I}", "manifest", r->manifest, "lock", r->lock, "packages",
		(json_int_t)r->n_packages);
	ce_cli_print_json(o);
}

static int import(struct ce_cli *cli, const struct ccenv_import_options *o)
{
	struct ccenv_import_result result;
	struct ccenv_error err;
	int status;

	/* It is to be written, and need not exist. */
	cli->manifest = NULL;
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_import(cli->project, o, &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	print_result(cli, &result);
	free(result.manifest);
	free(result.lock);
	return CE_EXIT_OK;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_import_options o = {0};
	int status;

	if (!ce_cli_begin(cli, NULL, &status))
		return status;
	if (cli->args.n > 1)
		return ce_cli_usage(cli, "import takes one file or directory");
	o.path = cli->args.n ? cli->args.items[0] : NULL;
	o.manifest = cli->manifest;
	return import(cli, &o);
}

const struct ce_command ce_cmd_import = {
	.name = "import",
	.args = "[FILE or DIR]",
	.summary = "make ccenv.json and ccenv.lock of files of pixi, conda-lock, conda",
	.example = "  ccenv import pixi.lock\n"
		   "  ccenv import environment.yml\n",
	.run = run,
};
