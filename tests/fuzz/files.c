/* SPDX-License-Identifier: MIT */
/* Files that a checkout or a build directory has: the config, CMake's cache. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/cmake_cache.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "cli/config.h"
#include "fuzz/fuzz.h"

static void ignore(void *user, const char *text)
{
	(void)user;
	(void)text;
}

/* All values, as a command takes them. */
static void use_config(const struct ce_config *config, bool is_project)
{
	struct ccenv_options o = {0};
	struct ce_opt_list channels = {0};
	const struct ce_config_key *key;

	for (size_t i = 0; (key = ce_config_key(i)); i++) {
		enum ce_config_level level;
		const json_t *value = ce_config_get(config, key, &level);

		fuzz_require(!value || !is_project || key->in_project,
			"a project's file does not say where caches and downloads are");
		if (value)
			free(ce_config_text(key, value));
		fuzz_require(ce_config_key_near(key->name) == key, "a key is near to itself");
	}
	ce_config_channels(config, &channels);
	free(channels.items);
	ce_config_apply(config, &o);
	if (is_project)
		for (size_t i = 0; (key = ce_config_key(i)); i++)
			fuzz_require(
				key->in_project || !key->variable || !o.getenv_fn(key->variable),
				"a project's file sets no such variable");
}

void fuzz_config(const char *data, size_t size)
{
	CE_AUTOFREE char *level = fuzz_line(&data, &size);
	CE_AUTOFREE char *project = ce_path_join(fuzz_dir(), "p");
	CE_AUTOFREE char *in_project = ce_path_join(project, ".ccenv"), *user = NULL, *path = NULL;
	bool is_project = *level == 'p';
	struct ce_config config;
	struct ccenv_error err;

	user = ce_path_join(fuzz_dir_now(), "ccenv");
	fuzz_require(
		mkdir(project, 0700) == 0 && mkdir(in_project, 0700) == 0 && mkdir(user, 0700) == 0,
		"directories are made");
	setenv("XDG_CONFIG_HOME", fuzz_dir_now(), 1);
	setenv("CCENV_SYSTEM_CONFIG", "/nonexistent", 1);
	path = ce_path_join(is_project ? in_project : user, "config.json");
	fuzz_write(path, data, size);
	if (ce_config_read(&config, ce_path_join(project, "ccenv.json"),
		    &(struct ce_config_warn){ignore, NULL}, &err) >= 0)
		use_config(&config, is_project);
	ce_config_release(&config);
}

static void add_entry(void *user, const struct ce_cmake_entry *e)
{
	size_t *sum = user;

	*sum += strlen(e->name) + strlen(e->type) + strlen(e->value);
}

void fuzz_cmakecache(const char *data, size_t size)
{
	CE_AUTOFREE char *path = ce_path_join(fuzz_dir(), "CMakeCache.txt");
	struct ccenv_error err;
	size_t sum = 0;

	fuzz_write(path, data, size);
	(void)!ce_cmake_entries(fuzz_dir_now(), add_entry, &sum, &err);
	fuzz_require(sum <= size, "entries are made of the file");
}
