/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_EXPORT_H
#define CE_EXCHANGE_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"

struct ce_arena;
struct ce_buf;
struct ce_lockfile;
struct ce_lockfile_env;
struct ce_lockfile_platform;
struct ce_pkg;

/*
 * The lock in the formats of other programs (docs/exchange.md): the same lock gives the same bytes, with
 * no time stamp. No URL is written with credentials in it. Texts of the lock are escaped by the libraries
 * that write JSON and YAML; @EXPLICIT takes only URLs, which the lock's reader has checked.
 */
struct ce_export {
	const struct ce_lockfile *lock;
	/* The one environment to write; NULL in pixi.lock: all of them. */
	const struct ce_lockfile_env *env;
	/* The one platform, or side of a target; NULL in pixi.lock and conda-lock.yml: all of them. */
	const struct ce_lockfile_platform *platform;
	/* The packages of `platform`, dependencies first. */
	const struct ce_pkg *const *ordered;
	const char *project; /* its name */
};

/* Is the i-th set of packages of an environment (ce_lockfile_set_at()) to be written? */
bool ce_export_has(const struct ce_export *e, const struct ce_lockfile_env *env, size_t i);

void ce_export_explicit(const struct ce_export *e, struct ce_buf *out);
void ce_export_environment(const struct ce_export *e, struct ce_buf *out);
void ce_export_pixi(const struct ce_export *e, struct ce_buf *out);
void ce_export_conda_lock(const struct ce_export *e, struct ce_buf *out);
void ce_export_spdx(const struct ce_export *e, struct ce_buf *out);
void ce_export_cyclonedx(const struct ce_export *e, struct ce_buf *out);

#endif
