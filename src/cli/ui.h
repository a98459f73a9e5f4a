/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_UI_H
#define CE_CLI_UI_H

#include <stdbool.h>

#include "ccenv/ccenv.h"

/*
 * The terminal. Results go to stdout, talk to stderr. On a terminal a phase is one line that is
 * drawn anew; elsewhere it is one plain line when it ends; with the time it took. The only mutable
 * state of the program outside its stack.
 */
struct ce_ui {
	int verbosity; /* -1 quiet, 0, 1 -v, 2 -vv */
	bool terminal;
	bool drawn; /* a progress line stands on the terminal */
	bool announced[8];
	int64_t last_ms;
	long begin_ms[8]; /* when each phase was first heard of; 0: not yet */
	/* How fast it goes: */
	enum ccenv_phase rate_phase;
	double rate;
	long rate_ms;
	uint64_t rate_bytes;
};

void ce_ui_init(struct ce_ui *ui, int verbosity);
/* The callbacks that lead here. */
struct ccenv_events ce_ui_events(struct ce_ui *ui);
/* Takes the progress line away, before other output. */
void ce_ui_clear(struct ce_ui *ui);
void ce_ui_error(struct ce_ui *ui, const char *text);

#endif
