/* SPDX-License-Identifier: MIT */
/* What is written for other programs and for terminals: each text must read back as it was. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "ccenv/ccenv.h"
#include "emit/emit_env.h"
#include "emit/emit_text.h"
#include "fuzz/fuzz.h"

/*
 * Readers, as far as a quoted text needs them. Each takes the quoted text, appends what the language
 * makes of it, and returns false where the text would end or mean something else.
 */

/* POSIX shell: one word. */
static bool read_sh(const char *s, struct ce_buf *out)
{
	bool quoted = false;

	for (; *s; s++) {
		if (*s == '\'')
			quoted = !quoted;
		else if (!quoted && *s == '\\' && s[1])
			ce_buf_addc(out, *++s);
		else if (!quoted && strchr(" \t\n|&;<>()$`\\\"*?[#~!{}", *s))
			return false;
		else
			ce_buf_addc(out, *s);
	}
	return !quoted;
}

/* fish: within '…', a backslash escapes itself and a quote. */
static bool read_fish(const char *s, struct ce_buf *out)
{
	bool quoted = false;

	for (; *s; s++) {
		if (*s == '\'')
			quoted = !quoted;
		else if (*s == '\\' && (!quoted || s[1] == '\\' || s[1] == '\''))
			ce_buf_addc(out, *++s);
		else if (!quoted && !isalnum((unsigned char)*s) && !strchr("_-./:=+,@%", *s))
			return false;
		else
			ce_buf_addc(out, *s);
	}
	return !quoted;
}

/* CMake: within "…"; @ is for templates. */
static bool read_cmake(const char *s, struct ce_buf *out)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1] && !isalnum((unsigned char)s[1]) && s[1] != ';')
			ce_buf_addc(out, *++s);
		else if (strchr("\\\"$@", *s))
			return false;
		else
			ce_buf_addc(out, *s);
	}
	return true;
}

/* Meson: within '…' on one line. */
static bool read_meson(const char *s, struct ce_buf *out)
{
	for (; *s; s++) {
		if (*s == '\\' && (s[1] == '\\' || s[1] == '\''))
			ce_buf_addc(out, *++s);
		else if (strchr("\\'\n", *s))
			return false;
		else
			ce_buf_addc(out, *s);
	}
	return true;
}

/* make and pkg-config: the value of a variable, or of a field, to the end of its line. */
static bool read_value(const char *s, struct ce_buf *out)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1] == '#')
			ce_buf_addc(out, *++s);
		else if (*s == '$' && s[1] == '$')
			ce_buf_addc(out, *++s);
		else if (strchr("#$\n\r", *s))
			return false;
		else
			ce_buf_addc(out, *s);
	}
	return true;
}

struct language {
	const char *property;
	void (*quote)(struct ce_buf *out, const char *s);
	bool (*read)(const char *s, struct ce_buf *out);
	bool any; /* takes any text, not only what a path may hold */
};

static const struct language languages[] = {
	{"text quoted for sh reads back", ce_quote_sh, read_sh, true},
	{"text quoted for CMake reads back", ce_quote_cmake, read_cmake, true},
	{"text quoted for Meson reads back", ce_quote_meson, read_meson, false},
	{"text quoted for make reads back", ce_quote_make, read_value, false},
	{"text quoted for pkg-config reads back", ce_quote_pc, read_value, false},
};

/* What no path of a prefix or root may hold. */
static bool has_refused(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f || strchr(";\"\\", *s))
			return true;
	return false;
}

/* `export NAME=VALUE` and fish's `set -gx NAME VALUE`, which the value must not leave. */
static void check_env(const char *value)
{
	static const char sh[] = "export A=", fish[] = "set -gx A ";
	const struct ccenv_variable v = {.name = "A", .value = value};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0}, back = {0};

	ce_emit_env_sh(&out, &v);
	fuzz_require(
		strncmp(ce_buf_str(&out), sh, strlen(sh)) == 0 && out.data[out.len - 1] == '\n',
		"a variable for sh is one command");
	out.data[out.len - 1] = '\0';
	fuzz_require(read_sh(out.data + strlen(sh), &back) && strcmp(ce_buf_str(&back), value) == 0,
		"a variable for sh reads back");
	out.len = back.len = 0;
	ce_emit_env_fish(&out, &v);
	fuzz_require(
		strncmp(ce_buf_str(&out), fish, strlen(fish)) == 0 && out.data[out.len - 1] == '\n',
		"a variable for fish is one command");
	out.data[out.len - 1] = '\0';
	fuzz_require(
		read_fish(out.data + strlen(fish), &back) && strcmp(ce_buf_str(&back), value) == 0,
		"a variable for fish reads back");
}

/* What is put before the old value. */
static void check_prepended(const char *value)
{
	static const char end[] = "\"${A:+:$A}\"\n";
	const struct ccenv_variable v = {.name = "A", .value = value, .prepend = true};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0}, back = {0};
	size_t begin = strlen("export A=");

	ce_emit_env_sh(&out, &v);
	fuzz_require(out.len >= strlen(end) + begin &&
			     strcmp(out.data + out.len - strlen(end), end) == 0,
		"a variable for sh ends with its old value");
	out.data[out.len - strlen(end)] = '\0';
	fuzz_require(read_sh(out.data + begin, &back) && strcmp(ce_buf_str(&back), value) == 0,
		"a value before the old one reads back");
	ce_emit_env_fish(&out, &v);
}

/* What a shell takes over, with a name of an environment that may be anything. */
static void check_hooks(const char *text)
{
	const struct ccenv_variable unset = {.name = "A"};
	const struct ce_emit_pair pair = {"A", text};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};

	ce_emit_hook_sh(&out, "", "/p", text);
	ce_emit_hook_fish(&out, "", "/p", text);
	for (const char *p = ce_buf_str(&out); *p; p++)
		fuzz_require(
			(unsigned char)*p >= 0x20 || *p == '\n', "a hook has no control character");
	out.len = 0;
	ce_emit_env_sh(&out, &unset);
	ce_emit_env_fish(&out, &unset);
	out.len = 0;
	ce_emit_fill(&out, "@ @a@ [@A@] @A", &pair, 1);
	fuzz_require(out.len == strlen(text) + strlen("@ @a@ [] @A"),
		"what is filled in is not looked at again");
}

void fuzz_quote(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_text(data, size);

	for (size_t i = 0; i < CE_COUNT(languages); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf quoted = {0}, back = {0};

		if (!languages[i].any && has_refused(text))
			continue;
		languages[i].quote(&quoted, text);
		fuzz_require(languages[i].read(ce_buf_str(&quoted), &back) &&
				     strcmp(ce_buf_str(&back), text) == 0,
			languages[i].property);
	}
	check_env(text);
	check_prepended(text);
	check_hooks(text);
}

/* No control character but the newlines that were allowed, no change of direction, good UTF-8. */
static void check_printable(const char *text, bool lines)
{
	for (const char *p = text; *p;) {
		unsigned c = (unsigned char)*p;

		fuzz_require((c >= 0x20 && c != 0x7f) || (lines && c == '\n'),
			"what is shown has no control character");
		fuzz_require(!(c == 0xc2 && (unsigned char)p[1] < 0xa0),
			"what is shown has no C1 control character");
		fuzz_require(
			!(c == 0xe2 && (unsigned char)p[1] == 0x80 &&
				(((unsigned char)p[2] >= 0xaa && (unsigned char)p[2] <= 0xae) ||
					(unsigned char)p[2] == 0xa8 ||
					(unsigned char)p[2] == 0xa9)),
			"what is shown does not change direction or line");
		p++;
	}
}

void fuzz_printable(const char *data, size_t size)
{
	CE_AUTOFREE char *text = fuzz_text(data, size);
	CE_AUTOFREE char *one = ce_printable(text, false), *many = ce_printable(text, true);
	CE_AUTOFREE char *again = ce_printable(one, false);

	check_printable(one, false);
	check_printable(many, true);
	fuzz_require(strcmp(one, again) == 0, "what can be shown is shown as it is");
}
