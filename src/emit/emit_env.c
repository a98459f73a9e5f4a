/* SPDX-License-Identifier: MIT */
/* Variables of the environment as commands of a shell. */
#include "emit/emit_env.h"

#include <string.h>

#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "emit/emit_text.h"

void ce_emit_env_sh(struct ce_buf *out, const struct ccenv_variable *v)
{
	if (!v->value) {
		ce_buf_addf(out, "unset %s\n", v->name);
		return;
	}
	ce_buf_addf(out, "export %s=", v->name);
	ce_quote_sh(out, v->value);
	/* No colon at the end: an empty entry is the working directory. */
	if (v->prepend)
		ce_buf_addf(out, "\"${%s:+:$%s}\"", v->name, v->name);
	ce_buf_addc(out, '\n');
}

/* Within fish's single quotes only \ and ' are special. */
static void quote_fish(struct ce_buf *out, const char *s)
{
	ce_buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\\' || *s == '\'')
			ce_buf_addc(out, '\\');
		ce_buf_addc(out, *s);
	}
	ce_buf_addc(out, '\'');
}

/* fish keeps variables named …PATH as lists: what is prepended is a list, too. */
static void prepend_fish(struct ce_buf *out, const struct ccenv_variable *v)
{
	ce_buf_addf(out, "set -gx --path %s", v->name);
	for (const char *at = v->value; *at; at += *at == ':') {
		size_t n = strcspn(at, ":");
		CE_CLEANUP(ce_buf_release) struct ce_buf part = {0};

		ce_buf_add(&part, at, n);
		ce_buf_addc(out, ' ');
		quote_fish(out, ce_buf_str(&part));
		at += n;
	}
	ce_buf_addf(out, " $%s\n", v->name);
}

void ce_emit_env_fish(struct ce_buf *out, const struct ccenv_variable *v)
{
	if (!v->value) {
		ce_buf_addf(out, "set -e %s\n", v->name);
	} else if (v->prepend) {
		prepend_fish(out, v);
	} else {
		ce_buf_addf(out, "set -gx %s ", v->name);
		quote_fish(out, v->value);
		ce_buf_addc(out, '\n');
	}
}
