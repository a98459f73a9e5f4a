/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_TOOL_FIELDS_H
#define CE_CLI_TOOL_FIELDS_H

#include <jansson.h>

#include "ccenv/ccenv.h"

/* The fields of struct ccenv_tools by name: what `ccenv print` knows and JSON output shows. */
struct ce_tool_field {
	const char *name; /* NULL ends the table */
	size_t offset;
};

extern const struct ce_tool_field ce_tool_fields[];

/* NULL when there is no field of that name. */
const struct ce_tool_field *ce_tool_field_find(const char *name);
/* NULL when this root does not have it. */
const char *ce_tool_field_value(const struct ce_tool_field *field, const struct ccenv_tools *tools);
/* All of them as an object; a missing one is null. */
json_t *ce_tools_json(const struct ccenv_tools *tools);

#endif
