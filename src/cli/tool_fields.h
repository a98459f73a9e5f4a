/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_TOOL_FIELDS_H
#define CE_CLI_TOOL_FIELDS_H

#include <jansson.h>

#include "ccenv/ccenv.h"

/* The fields of struct ccenv_tools by name: what `ccenv print` knows and JSON output shows. */
struct ce_fact {
	const char *name; /* NULL ends the table */
	size_t offset;
};

extern const struct ce_fact ce_facts[];

/* NULL when there is no fact of that name. */
const struct ce_fact *ce_fact_find(const char *name);
/* NULL when this root has none of it. */
const char *ce_fact_value(const struct ce_fact *fact, const struct ccenv_tools *tools);
/* All of them as an object; what there is not is null. */
json_t *ce_facts_json(const struct ccenv_tools *tools);

#endif
