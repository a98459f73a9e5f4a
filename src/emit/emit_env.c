/* SPDX-License-Identifier: MIT */
/* Variables of the environment as commands of a shell. */
#include "emit/emit_env.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/printable.h"
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

/* "(NAME) ", without what a shell expands in a prompt or a terminal acts on. */
static char *prompt(const char *name)
{
	CE_AUTOFREE char *plain = ce_printable(name, false);

	for (char *p = plain; *p; p++)
		if (strchr("\\$`%!\"'", *p))
			*p = '_';
	return ce_asprintf("(%s) ", plain);
}

void ce_emit_hook_sh(struct ce_buf *out, const char *variables, const char *path, const char *name)
{
	CE_AUTOFREE char *shown = prompt(name);

	ce_buf_adds(out, "case \"${PATH-}\" in \"${CCENV_SHELL_PATH:-/}\":*) "
			 "PATH=\"${PATH#\"$CCENV_SHELL_PATH\":}\" ;; esac\n");
	ce_buf_adds(out, variables);
	ce_buf_adds(out, "export CCENV_SHELL_PATH=");
	ce_quote_sh(out, path);
	/* A shell that is not interactive has no prompt, and shall get none. */
	ce_buf_adds(out, "\nif [ -n \"${PS1-}\" ]; then PS1=");
	ce_quote_sh(out, shown);
	ce_buf_adds(out, "\"${PS1#\"${CCENV_SHELL_PROMPT-}\"}\"; fi\nexport CCENV_SHELL_PROMPT=");
	ce_quote_sh(out, shown);
	ce_buf_adds(out, "\nexport CCENV_IN_SHELL=1\n");
}

void ce_emit_hook_fish(
	struct ce_buf *out, const char *variables, const char *path, const char *name)
{
	CE_AUTOFREE char *shown = prompt(name);

	ce_buf_adds(out, "if set -q CCENV_SHELL_PATH\n"
			 "    for ccenv_entry in (string split : -- $CCENV_SHELL_PATH)\n"
			 "        if set -l ccenv_at (contains -i -- $ccenv_entry $PATH)\n"
			 "            set -e PATH[$ccenv_at]\n"
			 "        end\n"
			 "    end\n"
			 "    set -e ccenv_entry\n"
			 "end\n");
	ce_buf_adds(out, variables);
	ce_buf_adds(out, "set -gx --unpath CCENV_SHELL_PATH ");
	quote_fish(out, path);
	ce_buf_adds(out, "\nset -gx CCENV_SHELL_PROMPT ");
	quote_fish(out, shown);
	/* The prompt of before gets the status of the last command, as it would without ours. */
	ce_buf_adds(out, "\nset -gx CCENV_IN_SHELL 1\n"
			 "if status is-interactive; and not functions -q __ccenv_prompt\n"
			 "    functions -c fish_prompt __ccenv_prompt\n"
			 "    function __ccenv_status; return $argv[1]; end\n"
			 "    function fish_prompt\n"
			 "        set -l ccenv_status $status\n"
			 "        printf %s $CCENV_SHELL_PROMPT\n"
			 "        __ccenv_status $ccenv_status\n"
			 "        __ccenv_prompt\n"
			 "    end\n"
			 "end\n");
}
