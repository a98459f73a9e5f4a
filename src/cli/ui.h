/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_UI_H
#define CE_CLI_UI_H

#include <stdbool.h>

#include "ccenv/ccenv.h"

struct ce_buf;

/*
 * What people see: results go to stdout, everything else to stderr through here, where text from
 * outside is made safe to show (base/printable.h).
 *
 * A phase of a call is one line. On a terminal it is redrawn in place while the phase runs; elsewhere
 * it is printed once when the phase ends, with the time it took. This is the only mutable state of
 * the program outside its stack.
 */
enum ce_color {
	CE_COLOR_AUTO = 0, /* on a terminal that has colors, unless NO_COLOR is set */
	CE_COLOR_ALWAYS,
	CE_COLOR_NEVER
};

/* What a text is, for its color. */
enum ce_style {
	CE_STYLE_TITLE,
	CE_STYLE_GOOD,
	CE_STYLE_WARNING,
	CE_STYLE_BAD,
	CE_STYLE_DIM
};

struct ce_ui {
	bool color_out, color_err; /* on stdout, on stderr */
	int verbosity;             /* -1 quiet, 0, 1 -v, 2 -vv */
	bool can_redraw;           /* stderr is a terminal that can erase a line */
	bool line_drawn;           /* a progress line is on the terminal */
	bool ended[8];             /* by phase: its last line was printed */
	int64_t began_ms[8];       /* by phase: when it was first heard of; 0: not yet */
	int64_t drawn_ms;          /* when the line was last drawn */
	/* The speed shown in the line, measured since rate_ms. */
	enum ccenv_phase rate_phase;
	double rate; /* bytes per second */
	int64_t rate_ms;
	uint64_t rate_bytes;
};

void ce_ui_init(struct ce_ui *ui, int verbosity, enum ce_color color);
/* Adds a text for stdout, which is safe to show, in the color of a style if there are colors. */
void ce_ui_add(const struct ce_ui *ui, struct ce_buf *b, enum ce_style style, const char *text);
/* The callbacks of a call whose events go to this terminal. */
struct ccenv_events ce_ui_events(struct ce_ui *ui);
/* Erases the progress line, before other output. */
void ce_ui_clear(struct ce_ui *ui);
/* A line on stderr: "ccenv: TEXT", "Warning: TEXT", or TEXT. */
void ce_ui_error(struct ce_ui *ui, const char *text);
void ce_ui_warn(struct ce_ui *ui, const char *text);
void ce_ui_say(struct ce_ui *ui, const char *text);

/* "12.3 MiB", "12 MiB", for people. */
void ce_size_text(uint64_t bytes, char *buf, size_t size);

#endif
