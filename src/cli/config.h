/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_CONFIG_H
#define CE_CLI_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"
#include "cli/opt.h"

/*
 * The config files: defaults for what options and variables say (docs/reference/config.md has the keys).
 *
 *     system    /etc/ccenv/config.json              CCENV_SYSTEM_CONFIG names another one
 *     user      $XDG_CONFIG_HOME/ccenv/config.json  [~/.config/ccenv/config.json]
 *     project   .ccenv/config.json next to ccenv.json
 *
 * An option wins over its variable, that over the project's file, that over the user's, and that
 * over the system's. A key is taken from one file as it is there; lists are not joined.
 *
 * The project's file comes with the project, so anybody who can propose a change to it can write it.
 * It cannot say where the cache is, which caches are trusted or where downloads come from: such keys
 * are ignored there, with a warning.
 */
enum ce_config_level {
	CE_CONFIG_SYSTEM = 0,
	CE_CONFIG_USER,
	CE_CONFIG_PROJECT,
	CE_CONFIG_LEVELS
};

enum ce_config_type {
	CE_CONFIG_BOOL,
	CE_CONFIG_NUMBER,
	CE_CONFIG_PATH,    /* absolute, or "~/…" */
	CE_CONFIG_PATHS,   /* a list of them */
	CE_CONFIG_TEXTS,   /* a list of texts */
	CE_CONFIG_MIRRORS, /* {"URL": ["MIRROR", …]} */
};

struct ce_buf;

struct ce_config_key {
	const char *name;     /* "network.retries" is retries in the object network */
	const char *variable; /* that has precedence over it, or NULL */
	const char *meaning;
	enum ce_config_type type;
	bool in_project; /* may stand in the project's file */
};

/* By number from 0; NULL behind the last. */
const struct ce_config_key *ce_config_key(size_t i);
/* NULL if there is none of that name. */
const struct ce_config_key *ce_config_key_find(const char *name);
/* The key that was perhaps meant, or NULL. */
const struct ce_config_key *ce_config_key_near(const char *name);
const char *ce_config_level_name(enum ce_config_level level);

struct ce_config {
	char *paths[CE_CONFIG_LEVELS];   /* NULL: there is no such place */
	json_t *files[CE_CONFIG_LEVELS]; /* NULL: there is no such file */
	char *manifest;                  /* the project's, or NULL */
};

/* Where warnings go. */
struct ce_config_warn {
	void (*fn)(void *user, const char *text);
	void *user;
};

/* Reads the files. `manifest` is the project's (ccenv_manifest_path()), or NULL; it is kept.
 * CCENV_EDATA for a file that cannot be read or has a wrong value. */
CE_MUST_CHECK int ce_config_read(struct ce_config *ret, char *manifest,
	const struct ce_config_warn *warn, struct ccenv_error *err);
/* Is the text a file that ce_config_read() would read at that level? `path` is for what is said of it. */
CE_MUST_CHECK int ce_config_check_text(enum ce_config_level level, const char *path,
	const struct ce_buf *text, const struct ce_config_warn *warn, struct ccenv_error *err);
void ce_config_release(struct ce_config *config);
/* Only where the files are. */
void ce_config_find(struct ce_config *ret, char *manifest);

/* Replaces the file of a level in one step, unless it has that text. Its mode is kept, as it may have passwords in it, and so
 * is a link to it, as people have in their home. */
CE_MUST_CHECK int ce_config_write(const struct ce_config *config, enum ce_config_level level,
	const struct ce_buf *text, bool *ret_changed, struct ccenv_error *err);

/* The value of a key, and the file it is from; NULL if no file has it. Borrowed. */
const json_t *ce_config_get(
	const struct ce_config *config, const struct ce_config_key *key, enum ce_config_level *ret);
/* The value of a key in one file's object; NULL if it is not there. Borrowed. */
json_t *ce_config_lookup(const json_t *file, const struct ce_config_key *key);
/* Is the value one that the key can have? CCENV_EDATA says what is expected. */
CE_MUST_CHECK int ce_config_check(
	const struct ce_config_key *key, const json_t *value, struct ccenv_error *err);
/* The value as a variable or a person has it: lists with colons or blanks between. The caller frees. */
char *ce_config_text(const struct ce_config_key *key, const json_t *value);

/*
 * Lets a call use the config: getenv_fn then answers for variables that are not set, and offline is
 * on if a file says so. The config must outlive the handle.
 */
void ce_config_apply(const struct ce_config *config, struct ccenv_options *o);
/* The channels of the config into `ret`, which is empty; the texts are the config's. */
void ce_config_channels(const struct ce_config *config, struct ce_opt_list *ret);

#endif
