/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_TOML_H
#define CE_IO_TOML_H

#include <jansson.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ccenv_error;

/*
 * TOML as a JSON tree, over toml++: tables with their keys sorted; dates as text. At most 4 MiB and 48
 * levels. CCENV_EDATA with line and column. The caller calls json_decref().
 */
__attribute__((warn_unused_result)) int ce_toml_parse(
	const char *text, size_t len, json_t **ret, struct ccenv_error *err);

#ifdef __cplusplus
}
#endif
#endif
