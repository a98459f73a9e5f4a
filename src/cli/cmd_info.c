/* SPDX-License-Identifier: MIT */
/* ccenv info: what ccenv sees on this machine and here. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/cli.h"

static void set(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

/* The config files that there are: level and path. */
static json_t *config_json(const struct ce_cli *cli)
{
	json_t *files = json_array();

	for (size_t k = CE_CONFIG_LEVELS; k-- > 0;)
		if (cli->config.files[k])
			json_array_append_new(files, json_string(cli->config.paths[k]));
	return files;
}

static void add_extended(json_t *o, const struct ccenv_info *i)
{
	json_t *gpus = json_array();

	for (size_t k = 0; k < i->n_gpus; k++)
		json_array_append_new(gpus, json_string(i->gpus[k]));
	json_object_set_new(o, "gpus", gpus);
	json_object_set_new(o, "cache-size", json_integer((json_int_t)i->cache_bytes));
	json_object_set_new(o, "cache-packages", json_integer((json_int_t)i->n_cache_packages));
}

/* The same by the names of `pixi info --json`, for scripts that read that. */
static void add_of_pixi(const struct ce_cli *cli, json_t *o)
{
	static const char *const names[][2] = {
		{"cache_dir", "cache-dir"},
		{"config_locations", "config-files"},
		{"virtual_packages", "virtual-packages"},
	};
	const char *manifest = json_string_value(json_object_get(o, "manifest"));
	CE_AUTOFREE char *name = manifest ? ccenv_project_name(cli->project) : NULL;

	for (size_t k = 0; k < CE_COUNT(names); k++)
		json_object_set(o, names[k][0], json_object_get(o, names[k][1]));
	json_object_set_new(o, "project_info",
		manifest ? json_pack("{s:s,s:s}", "name", name, "manifest_path", manifest)
			 : json_null());
}

static void print_json(const struct ce_cli *cli, const struct ccenv_info *i, bool extended)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *virtuals = json_array(), *sources = json_object(), *channels = json_array();

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
	for (size_t v = 0; v < i->n_virtuals; v++)
		set(sources, i->virtuals[v].name, i->virtuals[v].source);
	json_object_set_new(o, "virtual-package-sources", sources);
	for (size_t k = 0; k < i->n_channels; k++)
		json_array_append_new(channels, json_string(i->channels[k]));
	json_object_set_new(o, "channels", channels);
	json_object_set_new(o, "config-files", config_json(cli));
	if (extended)
		add_extended(o, i);
	add_of_pixi(cli, o);
	ce_cli_print_json(o);
}

static void add_line(struct ce_buf *b, const char *title, const char *text)
{
	if (!text)
		return;
	ce_buf_addf(b, "%-10s ", title);
	ce_buf_add_printable(b, text, false);
	ce_buf_addc(b, '\n');
}

/* "1.2 GiB in 40 packages" */
static void add_cache_size(struct ce_buf *b, const struct ccenv_info *i)
{
	CE_AUTOFREE char *text = NULL;
	char size[32];

	ce_size_text(i->cache_bytes, size, sizeof(size));
	text = ce_asprintf("%s in %zu package%s", size, i->n_cache_packages,
		i->n_cache_packages == 1 ? "" : "s");
	add_line(b, "cache size", text);
}

static void print_text(const struct ce_cli *cli, const struct ccenv_info *i, bool extended)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	add_line(&b, "ccenv", i->version);
	add_line(&b, "platform", i->platform);
	add_line(&b, "cache", i->cache_dir);
	if (extended)
		add_cache_size(&b, i);
	add_line(&b, "manifest", i->manifest);
	add_line(&b, "lock", i->manifest ? i->lock : NULL);
	add_line(&b, "root", i->manifest ? i->root : NULL);
	for (size_t k = 0; k < i->n_channels; k++)
		add_line(&b, k ? "" : "channels", i->channels[k]);
	for (size_t k = CE_CONFIG_LEVELS; k-- > 0;)
		if (cli->config.files[k])
			add_line(&b, "config", cli->config.paths[k]);
	for (size_t k = 0; k < i->n_gpus; k++)
		add_line(&b, k ? "" : "GPUs", i->gpus[k]);
	ce_buf_adds(&b, "this machine has\n");
	for (size_t v = 0; v < i->n_virtuals; v++)
		ce_buf_addf(&b, "  %s %s %s (%s)\n", i->virtuals[v].name, i->virtuals[v].version,
			i->virtuals[v].build, i->virtuals[v].source);
	fputs(ce_buf_str(&b), stdout);
}

static int run(struct ce_cli *cli)
{
	bool extended = false;
	const struct ce_opt own[] = {
		{"extended", 0, NULL, "and the GPUs, and how large the cache is",
			.flag = &extended},
		{0},
	};
	struct ccenv_info info;
	struct ccenv_error err;
	int r, status;

	if (!ce_cli_start(cli, own, &status))
		return status;
	r = ccenv_info(cli->project, &info, &err);
	if (r == 0 && extended)
		ccenv_info_extend(cli->project, &info);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(cli, &info, extended);
	else
		print_text(cli, &info, extended);
	ccenv_info_free(&info);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_info = {
	.name = "info",
	.args = "",
	.summary = "show this machine's platform, driver, cache and project paths",
	.example = "  ccenv info --json\n",
	.run = run,
};
