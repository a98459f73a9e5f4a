/* SPDX-License-Identifier: MIT */
/* Manual pages; see man.h. */
#include "cli/man.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"

/* Text as roff has it: no request at the beginning of a line, no escape, no typographic dash. */
static void put(const char *text)
{
	bool begin = true;

	for (; *text; text++) {
		if (begin && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		begin = *text == '\n';
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

static void heading(const char *title)
{
	printf(".SH %s\n", title);
}

static void begin(const char *name, const char *summary)
{
	printf(".TH \"%s\" \"1\" \"\" \"ccenv " CCENV_VERSION "\" \"ccenv\"\n", name);
	heading("NAME");
	put(name);
	fputs(" \\- ", stdout);
	put(summary);
	putchar('\n');
	heading("SYNOPSIS");
}

static void options(const char *title, const struct ce_opt *table)
{
	if (!table || !table->name)
		return;
	heading(title);
	for (const struct ce_opt *o = table; o->name; o++) {
		printf(".TP\n");
		if (o->letter)
			printf("\\fB\\-%c\\fR, ", o->letter);
		fputs("\\fB\\-\\-", stdout);
		put(o->name);
		fputs("\\fR", stdout);
		if (o->arg)
			printf(" \\fI%s\\fR", o->arg);
		putchar('\n');
		put(o->help);
		putchar('\n');
	}
}

/* Lines as they are. */
static void verbatim(const char *title, const char *text)
{
	heading(title);
	printf(".nf\n");
	put(text);
	printf(".fi\n");
}

static void exit_status(void)
{
	heading("EXIT STATUS");
	printf("0 success, 1 failure, 2 wrong usage.\n");
}

void ce_man_command(
	const struct ce_command *cmd, const struct ce_opt *own, const struct ce_opt *common)
{
	CE_AUTOFREE char *name = ce_asprintf("ccenv-%s", cmd->name);

	begin(name, cmd->summary);
	printf("\\fBccenv ");
	put(cmd->name);
	fputs(cmd->passes_on ? "\\fR [\\fIoptions\\fR] " : "\\fR ", stdout);
	put(cmd->args);
	fputs(cmd->passes_on ? "\n" : " [\\fIoptions\\fR]\n", stdout);
	options("OPTIONS", own);
	options("COMMON OPTIONS", common);
	if (cmd->example)
		verbatim("EXAMPLES", cmd->example);
	exit_status();
	heading("SEE ALSO");
	printf(".BR ccenv (1)\n");
}

static void commands(const struct ce_command *const *group)
{
	for (; *group; group++) {
		printf(".TP\n\\fB");
		put((*group)->name);
		fputs("\\fR ", stdout);
		put((*group)->args);
		putchar('\n');
		put((*group)->summary);
		putchar('\n');
	}
}

void ce_man_program(const struct ce_opt *common)
{
	begin("ccenv", "a CUDA toolchain from conda-forge, locked, in your build tree");
	printf("\\fBccenv\\fR [\\fIoptions\\fR] \\fICOMMAND\\fR [\\fIoptions\\fR]\n");
	heading("COMMANDS");
	for (const struct ce_group *g = ce_groups; g->title; g++) {
		if (g != ce_groups)
			printf(".SS %s\n", g->title);
		commands(g->commands);
	}
	options("OPTIONS", common);
	exit_status();
	heading("FILES");
	printf(".TP\n\\fIccenv.json\\fR, \\fIccenv.lock\\fR\nthe manifest and the lock\n"
	       ".TP\n\\fI/etc/ccenv/config.json\\fR, \\fI~/.config/ccenv/config.json\\fR, "
	       "\\fI.ccenv/config.json\\fR\ndefaults: see ccenv\\-config(1)\n");
	heading("SEE ALSO");
	printf(".BR ccenv\\-install (1),\n.BR ccenv\\-lock (1),\n.BR ccenv\\-config (1)\n");
}
