/* SPDX-License-Identifier: MIT */
/* ccenv search: what the channels have of a package. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/packages.h"

enum {
	LIMIT = 20
};

static void add_line(struct ce_buf *b, const char *title, const char *text)
{
	if (!text)
		return;
	ce_buf_addf(b, "%-9s ", title);
	ce_buf_add_printable(b, text, false);
	ce_buf_addc(b, '\n');
}

/* All that the record of one package says. */
static void print_details(const struct ccenv_package *p)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	time_t seconds = (time_t)(p->timestamp / 1000);
	struct tm tm;
	char text[64];

	add_line(&b, "Package", p->name);
	add_line(&b, "Version", p->version);
	add_line(&b, "Build", p->build);
	add_line(&b, "Channel", p->channel);
	add_line(&b, "Subdir", p->subdir);
	if (p->size) {
		ce_size_text(p->size, text, sizeof(text));
		add_line(&b, "Size", text);
	}
	if (p->timestamp && gmtime_r(&seconds, &tm) &&
		strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		add_line(&b, "Date", text);
	add_line(&b, "License", p->license);
	add_line(&b, "URL", p->url);
	add_line(&b, "SHA256", p->sha256);
	for (size_t i = 0; i < p->n_depends; i++)
		add_line(&b, i ? "" : "Depends", p->depends[i]);
	fputs(ce_buf_str(&b), stdout);
}

static int print(struct ce_cli *cli, struct ccenv_packages *list, size_t limit)
{
	const struct ce_packages_view view = {0};
	size_t n = list->n;
	int status;

	if (n == 1 && !cli->json) {
		print_details(&list->items[0]);
		return CE_EXIT_OK;
	}
	if (limit && limit < n)
		list->n = limit;
	status = ce_packages_print(cli, list, &view);
	if (list->n < n)
		ce_cli_say(cli, "%zu more; --limit 0 prints all", n - list->n);
	return status;
}

static int search(struct ce_cli *cli, const struct ccenv_search_options *o, size_t limit)
{
	struct ccenv_packages list;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_search(cli->project, o, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	status = print(cli, &list, limit);
	ccenv_packages_free(&list);
	return status;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_search_options o = {0};
	const char *limit = NULL;
	const struct ce_opt own[] = {
		{"channel", 'c', "CHANNEL", "a name, a URL or a path [those of ccenv.json]",
			.list = &cli->channels},
		{"platform", 'p', "PLATFORM", "what that platform has [this machine's]",
			.string = &o.platform},
		{"limit", 'l', "N", "print at most N packages; 0: all [20]", .string = &limit},
		{0},
	};
	unsigned long n = LIMIT;
	char *end;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n != 1)
		return ce_cli_usage(cli, "name one package; quote a version: 'fmt >=10'");
	if (limit) {
		n = strtoul(limit, &end, 10);
		if (end == limit || *end || *limit == '-')
			return ce_cli_usage(cli, "--limit: expected a number");
	}
	o.spec = cli->args.items[0];
	status = ce_cli_config(cli);
	if (status != CE_EXIT_OK)
		return status;
	o.channels = cli->channels.items;
	o.n_channels = cli->channels.n;
	return search(cli, &o, n);
}

const struct ce_command ce_cmd_search = {
	.name = "search",
	.args = "SPEC",
	.summary = "show which versions the channels have, the newest first",
	.example = "  ccenv search 'cuda-nvcc 13.*' -p linux-64\n",
	.run = run,
};
