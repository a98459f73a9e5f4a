/* SPDX-License-Identifier: MIT */
/* ccenv info: what ccenv sees on this machine and here. */
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"

static void set(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static void print_json(const struct ccenv_info *i)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	json_t *virtuals = json_array();

	set(o, "version", i->version);
	set(o, "platform", i->platform);
	set(o, "cache-dir", i->cache_dir);
	set(o, "manifest", i->manifest);
	set(o, "lock", i->lock);
	set(o, "root", i->root);
	for (size_t v = 0; v < i->n_virtuals; v++)
		json_array_append_new(
			virtuals, json_sprintf("%s=%s=%s", i->virtuals[v].name,
					  i->virtuals[v].version, i->virtuals[v].build));
	json_object_set_new(o, "virtual-packages", virtuals);
	ce_json_format(o, &b);
	fputs(ce_buf_str(&b), stdout);
}

static void print_text(const struct ccenv_info *i)
{
	printf("ccenv      %s\nplatform   %s\ncache      %s\n", i->version, i->platform,
		i->cache_dir);
	if (i->manifest)
		printf("manifest   %s\nlock       %s\nroot       %s\n", i->manifest, i->lock,
			i->root);
	printf("this machine has\n");
	for (size_t v = 0; v < i->n_virtuals; v++)
		printf("  %s %s %s\n", i->virtuals[v].name, i->virtuals[v].version,
			i->virtuals[v].build);
}

static int run(struct ce_cli *cli)
{
	struct ccenv_info info;
	struct ccenv_error err;
	struct ccenv *c;
	int r, status;

	if (!ce_cli_begin(cli, NULL, &status))
		return status;
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_info(c, &info, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&info);
	else
		print_text(&info);
	ccenv_info_free(&info);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_info = {
	.name = "info",
	.args = "",
	.summary = "show this machine's platform, driver, cache and project paths",
	.run = run,
};
