/* SPDX-License-Identifier: MIT */
/* Files of other programs that ccenv imports. */
#include "base/buf.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "io/toml.h"
#include "io/yaml.h"

void fuzz_yaml(const char *data, size_t size)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL, *again = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	/* What a few aliases stand for takes minutes to write out, and that is no fault. */
	if (size > 4096 || ce_yaml_parse(data, size, &v, &err) < 0)
		return;
	ce_buf_init(&b, 1 << 20);
	ce_yaml_format(v, &b);
	if (b.overflow)
		return;
	fuzz_require(ce_yaml_parse(ce_buf_str(&b), b.len, &again, &err) >= 0,
		"YAML that was written can be read");
	fuzz_require(json_equal(v, again), "what is written as YAML reads back as the same");
}

void fuzz_toml(const char *data, size_t size)
{
	CE_CLEANUP(ce_json_decrefp) json_t *v = NULL;
	struct ccenv_error err;

	if (ce_toml_parse(data, size, &v, &err) >= 0)
		fuzz_require(json_is_object(v), "a TOML file is a table");
}
