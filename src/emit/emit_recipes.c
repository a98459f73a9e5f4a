/* SPDX-License-Identifier: MIT */
/* Files for containers and CI; see emit_recipes.h. */
#include "emit/emit_recipes.h"

#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"

extern const char ce_text_dockerfile[], ce_text_dockerfile_build[], ce_text_dockerfile_copy[];
extern const char ce_text_apptainer[], ce_text_github[], ce_text_gitlab[];

/* What stands for "@NAME@" in a text. */
struct word {
	const char *name, *value;
};

static void fill_in(struct ce_buf *out, const char *text, const struct word *words)
{
	while (*text) {
		size_t n = strcspn(text, "@");
		const struct word *w = words;

		ce_buf_add(out, text, n);
		text += n;
		while (*text && w->name && strncmp(text, w->name, strlen(w->name)) != 0)
			w++;
		if (*text && w->name) {
			ce_buf_adds(out, w->value);
			text += strlen(w->name);
		} else if (*text) {
			ce_buf_addc(out, *text++);
		}
	}
}

void ce_emit_dockerfile(const struct ce_emit_container *c, struct ce_buf *out)
{
	const char *build = c->runtime_only ? ce_text_dockerfile_copy : ce_text_dockerfile_build;
	CE_AUTOFREE char *lines = ce_strndup(build, strlen(build) - 1);
	const struct word words[] = {
		{"@BASE@", c->base},
		{"@PROGRAM@", c->program},
		{"@BUILD@", lines},
		{0},
	};

	fill_in(out, ce_text_dockerfile, words);
}

void ce_emit_apptainer(const struct ce_emit_container *c, struct ce_buf *out)
{
	const struct word words[] = {
		{"@BASE@", c->base},
		{"@PROGRAM@", c->program},
		{"@FILES@",
			c->runtime_only
				? "ccenv.json /src/ccenv.json\n    ccenv.lock /src/ccenv.lock\n    dist /dist"
				: ". /src"},
		{"@BUILD@",
			c->runtime_only
				? "cp -R /dist/. /app"
				: "ccenv run --root /build/_ccenv -- cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_RPATH='$ORIGIN/../lib'\n"
				  "cmake --build /build\n"
				  "cmake --install /build --prefix /app"},
		{0},
	};

	fill_in(out, ce_text_apptainer, words);
}

/* The words for a platform, in a line of `format` each: GitHub's runner, or GitLab's tag. */
static void add_matrix(struct ce_buf *out, const struct ce_emit_ci *ci, const char *begin,
	const char *between, const char *const runners[2])
{
	for (size_t i = 0; i < ci->platforms.n; i++) {
		bool arm = strcmp(ci->platforms.items[i], "linux-aarch64") == 0;

		ce_buf_addf(out, "%s%s%s%s%s", i ? "\n" : "", begin, ci->platforms.items[i],
			between, runners[arm]);
	}
}

void ce_emit_github(const struct ce_emit_ci *ci, struct ce_buf *out)
{
	static const char *const runners[] = {"ubuntu-24.04", "ubuntu-24.04-arm"};
	CE_CLEANUP(ce_buf_release) struct ce_buf matrix = {0}, ccenv = {0};

	add_matrix(&matrix, ci, "          - platform: ", "\n            runner: ", runners);
	if (ci->url)
		ce_buf_addf(&ccenv,
			"      - name: Install ccenv\n"
			"        run: |\n"
			"          curl --fail --silent --show-error --location --output /tmp/ccenv.tar.gz '%s'\n"
			"          echo '%s  /tmp/ccenv.tar.gz' | sha256sum --check\n"
			"          mkdir -p ~/.local\n"
			"          tar -xzf /tmp/ccenv.tar.gz --strip-components=1 -C ~/.local\n"
			"          echo ~/.local/bin >>\"$GITHUB_PATH\"",
			ci->url, ci->sha256);
	else
		ce_buf_adds(&ccenv,
			"      - name: Is ccenv there? (`ccenv ci --url ARCHIVE --sha256 HASH` installs it)\n"
			"        run: ccenv version");
	const struct word words[] = {
		{"@MATRIX@", ce_buf_str(&matrix)},
		{"@CCENV@", ce_buf_str(&ccenv)},
		{0},
	};

	fill_in(out, ce_text_github, words);
}

void ce_emit_gitlab(const struct ce_emit_ci *ci, struct ce_buf *out)
{
	static const char *const runners[] = {"saas-linux-small-amd64", "saas-linux-small-arm64"};
	CE_CLEANUP(ce_buf_release) struct ce_buf matrix = {0}, ccenv = {0};

	add_matrix(&matrix, ci, "      - PLATFORM: ", "\n        RUNNER: ", runners);
	if (ci->url)
		ce_buf_addf(&ccenv,
			"    - curl --fail --silent --show-error --location --output /tmp/ccenv.tar.gz '%s'\n"
			"    - echo '%s  /tmp/ccenv.tar.gz' | sha256sum --check\n"
			"    - tar -xzf /tmp/ccenv.tar.gz --strip-components=1 -C /usr/local",
			ci->url, ci->sha256);
	else
		ce_buf_adds(&ccenv,
			"    # Is it in the image? `ccenv ci --url ARCHIVE --sha256 HASH` installs it.\n"
			"    - ccenv version");
	const struct word words[] = {
		{"@BASE@", ci->base},
		{"@MATRIX@", ce_buf_str(&matrix)},
		{"@CCENV@", ce_buf_str(&ccenv)},
		{0},
	};

	fill_in(out, ce_text_gitlab, words);
}
