/* SPDX-License-Identifier: MIT */
/* ccenv archs: the GPU architectures that the locked nvcc takes. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"

static json_t *strings(const char *const *list, size_t n)
{
	json_t *o = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(o, json_string(list[i]));
	return o;
}

static void print_json(const struct ccenv_archs *a)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();

	json_object_set_new(o, "cuda", json_string(a->cuda_version));
	json_object_set_new(o, "known", strings(a->known, a->n_known));
	json_object_set_new(o, "chosen", strings(a->chosen, a->n_chosen));
	ce_cli_print_json(o);
}

static int run(struct ce_cli *cli)
{
	struct ccenv_selection of = {0};
	bool chosen = false;
	const struct ce_opt own[] = {
		{"chosen", 0, NULL, "those of ccenv.json, as CMAKE_CUDA_ARCHITECTURES",
			.flag = &chosen},
		CE_OPT_SELECTION(of),
		{0},
	};
	struct ccenv_archs archs;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&of);
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_archs(cli->project, &of, &archs, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&archs);
	for (size_t i = 0; !cli->json && !chosen && i < archs.n_known; i++)
		printf("%s\n", archs.known[i]);
	for (size_t i = 0; !cli->json && chosen && i < archs.n_chosen; i++)
		printf("%s%s", archs.chosen[i], i + 1 < archs.n_chosen ? ";" : "\n");
	ccenv_archs_free(&archs);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_archs = {
	.name = "archs",
	.args = "",
	.summary = "list the GPU architectures that the locked nvcc compiles for",
	.example = "  ccenv archs --chosen\n",
	.run = run,
};
