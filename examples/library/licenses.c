/* SPDX-License-Identifier: MIT */
/* Prints name, version and license of every package that a project has locked: licenses [ccenv.json] */
#include <ccenv/ccenv.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	const struct ccenv_options options = {.manifest = argc > 1 ? argv[1] : NULL};
	struct ccenv_packages packages;
	struct ccenv_error err;
	struct ccenv *project;

	if (ccenv_open(&options, &project, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (ccenv_list(project, NULL, &packages, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		ccenv_close(project);
		return 1;
	}
	for (size_t i = 0; i < packages.n; i++) {
		const struct ccenv_package *p = &packages.items[i];

		printf("%s %s %s\n", p->name, p->version, p->license ? p->license : "-");
	}
	ccenv_packages_free(&packages);
	ccenv_close(project);
	return 0;
}
