/* SPDX-License-Identifier: MIT */
/* What the commands share: common options, opening the project, printing results and failures. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"

static void print_help(
	const struct ce_command *cmd, const struct ce_opt *own, const struct ce_opt *common)
{
	printf("Usage: ccenv %s%s%s [options]\n\n%s\n", cmd->name, cmd->args[0] ? " " : "",
		cmd->args, cmd->summary);
	if (own && own->name) {
		printf("\nOptions:\n");
		ce_opt_help(own);
	}
	printf("\nCommon options:\n");
	ce_opt_help(common);
}

bool ce_cli_begin(struct ce_cli *cli, const struct ce_command *cmd, const struct ce_opt *own,
	int argc, char **argv, struct ce_args *ret_args, int *ret_status)
{
	const struct ce_opt common[] = {
		{"manifest", 0, "FILE", "the manifest [ccenv.json here or in a parent directory]",
			.string = &cli->manifest},
		{"lock", 0, "FILE", "the lock file [ccenv.lock beside the manifest]",
			.string = &cli->lock},
		{"root", 0, "DIR", "what a build tree gets is put there [build/_ccenv]",
			.string = &cli->root},
		{"cache-dir", 0, "DIR", "package cache [CCENV_CACHE_DIR, ~/.cache/ccenv]",
			.string = &cli->cache_dir},
		{"directory", 'C', "DIR", "work in DIR", .string = &cli->directory},
		{"offline", 0, NULL, "take nothing from the network", .flag = &cli->offline},
		{"json", 0, NULL, "print the result as JSON", .flag = &cli->json},
		{"quiet", 'q', NULL, "print errors and warnings only", .flag = &cli->quiet},
		{"verbose", 'v', NULL, "say why; twice: say everything", .count = &cli->verbose},
		{"help", 'h', NULL, "print this help", .flag = &cli->help},
		{0},
	};

	CE_AUTOFREE char *name = ce_asprintf("ccenv %s", cmd->name);

	char *command = argv[0];
	bool parsed;

	*ret_status = CE_EXIT_USAGE;
	argv[0] = name; /* getopt's messages begin with it */
	parsed = ce_opt_parse(argc, argv, own, common, cli->passes_on, ret_args);
	argv[0] = command;
	if (!parsed) {
		fprintf(stderr, "Try `ccenv %s --help`.\n", cmd->name);
		return false;
	}
	if (cli->help) {
		print_help(cmd, own, common);
		*ret_status = CE_EXIT_OK;
		return false;
	}
	if (cli->directory && chdir(cli->directory) < 0) {
		fprintf(stderr, "ccenv: cannot work in %s: %s\n", cli->directory, strerror(errno));
		*ret_status = CE_EXIT_FAILED;
		return false;
	}
	ce_ui_init(&cli->ui, cli->quiet ? -1 : cli->verbose);
	return true;
}

int ce_cli_open(struct ce_cli *cli, struct ccenv **ret)
{
	const struct ccenv_options o = {
		.manifest = cli->manifest,
		.lock = cli->lock,
		.root = cli->root,
		.cache_dir = cli->cache_dir,
		.offline = cli->offline,
		.package_caches = cli->package_caches.items,
		.n_package_caches = cli->package_caches.n,
		.trusted_caches = cli->trusted_caches.items,
		.n_trusted_caches = cli->trusted_caches.n,
		.cuda_version = cli->cuda,
		.components = cli->components.items,
		.n_components = cli->components.n,
		.channels = cli->channels.items,
		.n_channels = cli->channels.n,
		.events = ce_ui_events(&cli->ui),
	};
	struct ccenv_error err;

	if (ccenv_open(&o, ret, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return CE_EXIT_OK;
}

int ce_cli_tools(struct ce_cli *cli, const char *target, struct ccenv_tools *ret)
{
	struct ccenv_error err;
	struct ccenv *c;
	int r, status = ce_cli_open(cli, &c);

	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_tools(c, target, ret, &err);
	ccenv_close(c);
	return r < 0 ? ce_cli_fail(cli, &err, NULL) : CE_EXIT_OK;
}

int ce_cli_environment(
	struct ce_cli *cli, struct ccenv_tools *ret_tools, struct ccenv_variables *ret_variables)
{
	const struct ccenv_events events = ce_ui_events(&cli->ui);
	const char *ld = getenv("LD_LIBRARY_PATH");
	struct ccenv_error err;
	int status = ce_cli_tools(cli, NULL, ret_tools);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_environment(ret_tools, ret_variables, &err) < 0) {
		ccenv_tools_free(ret_tools);
		return ce_cli_fail(cli, &err, NULL);
	}
	if (ld && *ld && events.log)
		events.log(events.user, CCENV_LOG_WARNING,
			"LD_LIBRARY_PATH is set: programs may load other libraries than they were linked with; unset it");
	return CE_EXIT_OK;
}

static void apply(const struct ccenv_variable *v)
{
	const char *old = getenv(v->name);
	CE_AUTOFREE char *both = NULL;

	if (v->value && v->prepend && old && *old)
		both = ce_asprintf("%s:%s", v->value, old);
	if (!v->value)
		unsetenv(v->name);
	else
		setenv(v->name, both ? both : v->value, 1);
}

int ce_cli_exec(
	struct ce_cli *cli, const struct ccenv_variables *variables, const char *const *argv)
{
	for (size_t i = 0; i < variables->n; i++)
		apply(&variables->items[i]);
	ce_ui_clear(&cli->ui);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "ccenv: cannot run %s: %s\n", argv[0], strerror(errno));
	return CE_EXIT_NO_COMMAND;
}

static const char *code_name(int code)
{
	static const char *const names[] = {NULL, "usage", "data", "io", "network", "no-solution",
		"hash", "offline", "stale", "host", "busy", "not-found"};
	size_t i = (size_t)-code;

	return code < 0 && i < CE_COUNT(names) ? names[i] : "unknown";
}

int ce_cli_fail(struct ce_cli *cli, const struct ccenv_error *err, const char *explanation)
{
	ce_ui_error(&cli->ui, err->text);
	if (cli->json) {
		CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
		json_t *why = explanation ? json_loads(explanation, 0, NULL) : NULL;

		json_object_set_new(o, "error", json_string(code_name(err->code)));
		json_object_set_new(o, "message", json_string(err->text));
		if (why)
			json_object_set_new(o, "explanation", why);
		ce_json_format(o, &b);
		fputs(ce_buf_str(&b), stdout);
	}
	return err->code == CCENV_EUSAGE ? CE_EXIT_USAGE : CE_EXIT_FAILED;
}

int ce_cli_usage(const struct ce_command *cmd, const char *text)
{
	fprintf(stderr, "ccenv: %s\nUsage: ccenv %s%s%s [options]; try `ccenv %s --help`.\n", text,
		cmd->name, cmd->args[0] ? " " : "", cmd->args, cmd->name);
	return CE_EXIT_USAGE;
}

static json_t *package_to_json(const struct ccenv_package *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "version", json_string(p->version));
	json_object_set_new(o, "build", json_string(p->build));
	json_object_set_new(o, "build_number", json_integer((json_int_t)p->build_number));
	json_object_set_new(o, "subdir", json_string(p->subdir));
	json_object_set_new(o, "channel", json_string(p->channel));
	json_object_set_new(o, "url", json_string(p->url));
	if (p->sha256)
		json_object_set_new(o, "sha256", json_string(p->sha256));
	if (p->size)
		json_object_set_new(o, "size", json_integer((json_int_t)p->size));
	if (p->timestamp)
		json_object_set_new(o, "timestamp", json_integer((json_int_t)p->timestamp));
	if (p->license)
		json_object_set_new(o, "license", json_string(p->license));
	json_object_set_new(o, "requested", json_boolean(p->requested));
	return o;
}

void ce_cli_print_packages(const struct ce_cli *cli, const struct ccenv_packages *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *array = json_array();
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_package *p = &list->items[i];

		if (cli->json)
			json_array_append_new(array, package_to_json(p));
		else
			ce_buf_addf(&b, "%s %s %s %s %s\n", p->name, p->version, p->build,
				p->subdir, p->channel);
	}
	if (cli->json)
		ce_json_format(array, &b);
	fputs(ce_buf_str(&b), stdout);
}
