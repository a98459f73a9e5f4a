/* SPDX-License-Identifier: MIT */
/*
 * ccenv completion: scripts that complete command lines of ccenv in a shell. They ask ccenv itself
 * (--words), so that they know the options of the ccenv that is run and never go stale.
 */
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "cli/cli.h"
#include "cli/tool_fields.h"

static const char bash[] =
	"# bash completion of ccenv; made by `ccenv completion bash`\n"
	"_ccenv() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd= i\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-C | --directory | --manifest | --lock | --root | --cache-dir | --color) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) cmd=${COMP_WORDS[i]}; break ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$(ccenv completion --words $cmd 2>/dev/null | cut -f1)\" -- \"$cur\")\n"
	"}\n"
	"complete -o default -F _ccenv ccenv\n";

static const char zsh[] =
	"#compdef ccenv\n"
	"# zsh completion of ccenv; made by `ccenv completion zsh`\n"
	"_ccenv() {\n"
	"\tlocal cmd= w i=2\n"
	"\tlocal -a list\n"
	"\twhile ((i < CURRENT)); do\n"
	"\t\tw=$words[i]\n"
	"\t\tcase $w in\n"
	"\t\t-C | --directory | --manifest | --lock | --root | --cache-dir | --color) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) cmd=$w; break ;;\n"
	"\t\tesac\n"
	"\t\t((i++))\n"
	"\tdone\n"
	"\tlist=(${(f)\"$(ccenv completion --words $cmd 2>/dev/null | cut -f1)\"})\n"
	"\tcompadd -a list\n"
	"\t[[ -n $cmd ]] && _files\n"
	"}\n"
	"# Loaded by compinit for the first completion, or sourced.\n"
	"if [[ $funcstack[1] == _ccenv ]]; then\n"
	"\t_ccenv \"$@\"\n"
	"else\n"
	"\tcompdef _ccenv ccenv\n"
	"fi\n";

static const char fish[] =
	"# fish completion of ccenv; made by `ccenv completion fish`\n"
	"function __ccenv_command\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -e words[1]\n"
	"\twhile set -q words[1]\n"
	"\t\tswitch $words[1]\n"
	"\t\t\tcase -C --directory --manifest --lock --root --cache-dir --color\n"
	"\t\t\t\tset -e words[1]\n"
	"\t\t\tcase '-*'\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\techo $words[1]\n"
	"\t\t\t\treturn\n"
	"\t\tend\n"
	"\t\tset -e words[1]\n"
	"\tend\n"
	"\treturn 1\n"
	"end\n"
	"complete -c ccenv -f -n 'not __ccenv_command >/dev/null' -a '(ccenv completion --words 2>/dev/null)'\n"
	"complete -c ccenv -n '__ccenv_command >/dev/null' -a '(ccenv completion --words (__ccenv_command) 2>/dev/null)'\n";

static const struct {
	const char *name, *text;
} shells[] = {
	{"bash", bash},
	{"zsh", zsh},
	{"fish", fish},
};

static void print_commands(const struct ce_command *const *group)
{
	for (; *group; group++)
		printf("%s\t%s\n", (*group)->name, (*group)->summary);
}

/* The words that can follow "ccenv", or "ccenv NAME": a line each, with a tab before what it means. */
static int print_words(struct ce_cli *cli, const char *name)
{
	struct ce_opt common[CE_CLI_N_COMMON];
	const struct ce_command *command = name ? ce_command_find(name) : NULL;
	char *argv[] = {(char *)name, NULL};

	if (!name) {
		ce_cli_common(cli, common);
		for (const struct ce_group *g = ce_groups; g->title; g++)
			print_commands(g->commands);
		ce_opt_words(common);
		return CE_EXIT_OK;
	}
	if (!command)
		return CE_EXIT_OK;
	for (const struct ce_tool_field *f = ce_tool_fields; command == &ce_cmd_print && f->name;
		f++)
		printf("%s\n", f->name);
	for (size_t i = 0; command == &ce_cmd_completion && i < CE_COUNT(shells); i++)
		printf("%s\n", shells[i].name);
	for (const char *const *w = command->words; w && *w; w++)
		printf("%s\n", *w);
	/* ce_cli_begin(), which each command calls first, prints its options. */
	cli->words = true;
	cli->command = command;
	cli->argc = 1;
	cli->argv = argv;
	return command->run(cli);
}

static int run(struct ce_cli *cli)
{
	bool words = false;
	const struct ce_opt own[] = {
		{"words", 0, NULL, "print what can follow, for these scripts", .flag = &words},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (words)
		return print_words(cli, cli->args.n ? cli->args.items[0] : NULL);
	for (size_t i = 0; cli->args.n == 1 && i < CE_COUNT(shells); i++)
		if (strcmp(shells[i].name, cli->args.items[0]) == 0) {
			fputs(shells[i].text, stdout);
			return CE_EXIT_OK;
		}
	return ce_cli_usage(cli, "name a shell: bash, zsh or fish");
}

const struct ce_command ce_cmd_completion = {
	.name = "completion",
	.args = "SHELL",
	.summary = "print a script that completes command lines in bash, zsh or fish",
	.example = "  source <(ccenv completion bash)\n",
	.run = run,
};
