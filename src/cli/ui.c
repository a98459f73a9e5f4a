/* SPDX-License-Identifier: MIT */
/* Messages and progress on stderr. */
#include "cli/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/printable.h"

enum {
	REDRAW_MS = 80,
	RATE_MS = 1000,
	BAR = 24,
	WIDE = 90
};

/* What a phase is called, and what it counts. */
static const struct {
	const char *name, *items;
} phases[] = {
	[CCENV_PHASE_REPODATA] = {"Index", "file"},
	[CCENV_PHASE_SOLVE] = {"Solve", "environment"},
	[CCENV_PHASE_FETCH] = {"Fetch", "package"},
	[CCENV_PHASE_LINK] = {"Link", "file"},
	[CCENV_PHASE_VERIFY] = {"Verify", "path"},
};

/* SGR sequences (ECMA-48) by style. */
static const char *const styles[] = {
	[CE_STYLE_TITLE] = "1",
	[CE_STYLE_GOOD] = "32",
	[CE_STYLE_WARNING] = "33",
	[CE_STYLE_BAD] = "1;31",
	[CE_STYLE_DIM] = "2",
};

/* no-color.org: any text but the empty one. */
static bool has_colors(int fd, enum ce_color color)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (color != CE_COLOR_AUTO)
		return color == CE_COLOR_ALWAYS;
	return !(no && *no) && isatty(fd) == 1 && term && strcmp(term, "dumb") != 0;
}

void ce_ui_init(struct ce_ui *ui, int verbosity, enum ce_color color)
{
	const char *term = getenv("TERM");

	*ui = (struct ce_ui){
		.verbosity = verbosity,
		.color_out = has_colors(STDOUT_FILENO, color),
		.color_err = has_colors(STDERR_FILENO, color),
	};
	ui->can_redraw = isatty(STDERR_FILENO) == 1 && term && strcmp(term, "dumb") != 0;
}

static void add_styled(struct ce_buf *b, bool color, enum ce_style style, const char *text)
{
	if (color && *text)
		ce_buf_addf(b, "\033[%sm%s\033[0m", styles[style], text);
	else
		ce_buf_adds(b, text);
}

void ce_ui_add(const struct ce_ui *ui, struct ce_buf *b, enum ce_style style, const char *text)
{
	add_styled(b, ui->color_out, style, text);
}

void ce_ui_clear(struct ce_ui *ui)
{
	if (ui->line_drawn)
		fputs("\r\033[K", stderr);
	ui->line_drawn = false;
}

/* Every text that is not a progress line goes through here. */
static void put(struct ce_ui *ui, enum ce_style style, const char *before, const char *text)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	add_styled(&b, ui->color_err, style, before);
	ce_buf_adds(&b, *before ? " " : "");
	ce_buf_add_printable(&b, text, true);
	ce_ui_clear(ui);
	fprintf(stderr, "%s\n", ce_buf_str(&b));
}

void ce_ui_error(struct ce_ui *ui, const char *text)
{
	put(ui, CE_STYLE_BAD, "ccenv:", text);
}

void ce_ui_warn(struct ce_ui *ui, const char *text)
{
	put(ui, CE_STYLE_WARNING, "Warning:", text);
}

void ce_ui_say(struct ce_ui *ui, const char *text)
{
	put(ui, CE_STYLE_DIM, "", text);
}

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	struct ce_ui *ui = user;

	if ((int)level > ui->verbosity + 2)
		return;
	if (level == CCENV_LOG_WARNING)
		ce_ui_warn(ui, text);
	else
		ce_ui_say(ui, text);
}

/* In a line that is drawn again and again a size keeps its width. */
static void put_size(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	double v = (double)bytes;
	size_t u = 0;

	for (; v >= 1024 && u + 1 < CE_COUNT(units); u++)
		v /= 1024;
	snprintf(buf, size, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

void ce_size_text(uint64_t bytes, char *buf, size_t size)
{
	char *zero;

	put_size(bytes, buf, size);
	zero = strstr(buf, ".0 ");
	if (zero)
		memmove(zero, zero + 2, strlen(zero + 2) + 1);
}

/* How many columns a line may have: a longer one would wrap, and only its last part could be erased. */
static size_t line_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 79;
	return size.ws_col - 1U;
}

/* Bytes a second, over the last second or two; 0 in the first one. */
static double rate(struct ce_ui *ui, const struct ccenv_progress *p, long now)
{
	if (ui->rate_phase != p->phase || p->bytes_done < ui->rate_bytes) {
		ui->rate_phase = p->phase;
		ui->rate = 0;
		ui->rate_ms = now;
		ui->rate_bytes = p->bytes_done;
	} else if (now - ui->rate_ms >= RATE_MS) {
		ui->rate = (double)(p->bytes_done - ui->rate_bytes) * 1000 /
			   (double)(now - ui->rate_ms);
		ui->rate_ms = now;
		ui->rate_bytes = p->bytes_done;
	}
	return ui->rate;
}

/* "#" for what is done, "-" for what has arrived. */
static void add_bar(struct ce_buf *out, const struct ccenv_progress *p, unsigned width)
{
	uint64_t total = p->bytes_total ? p->bytes_total : p->items_total;
	uint64_t done = p->bytes_total ? p->bytes_done : p->items_done;

	for (unsigned i = 0; i < width; i++) {
		uint64_t end = total * (i + 1) / width;
		char c = p->bytes_here >= end ? '-' : '.';

		ce_buf_addc(out, total == 0 ? '.' : done >= end ? '#' : c);
	}
}

/* How many bytes of the text to show in `width` columns: no character is cut in two. */
static size_t cut(const char *text, size_t width)
{
	size_t n = strnlen(text, width);

	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* "Fetch [######---...] 12/40, 103.2 MiB of 310.0 MiB, 31.0 MiB/s, libcublas" */
static void draw(struct ce_ui *ui, const struct ccenv_progress *p, long now)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf line = {0};
	size_t width = line_width();
	double per_s = rate(ui, p, now);
	char text[32];

	ce_buf_addf(&line, "%s [", phases[p->phase].name);
	add_bar(&line, p, width < WIDE ? BAR / 2 : BAR);
	ce_buf_addf(&line, "] %llu/%llu", (unsigned long long)p->items_done,
		(unsigned long long)p->items_total);
	if (p->bytes_done || p->bytes_total) {
		put_size(p->bytes_done, text, sizeof(text));
		ce_buf_addf(&line, ", %s", text);
	}
	if (p->bytes_total) {
		put_size(p->bytes_total, text, sizeof(text));
		ce_buf_addf(&line, " of %s", text);
	}
	if (per_s >= 1) {
		put_size((uint64_t)per_s, text, sizeof(text));
		ce_buf_addf(&line, ", %s/s", text);
	}
	if (p->item) {
		ce_buf_adds(&line, ", ");
		ce_buf_add_printable(&line, p->item, false);
	}
	fprintf(stderr, "\r\033[K%.*s", (int)cut(ce_buf_str(&line), width), ce_buf_str(&line));
	fflush(stderr);
	ui->line_drawn = true;
}

/* "Fetch: 36 packages, 228.4 MiB, 1.24 s" */
static void plain(const struct ccenv_progress *p, long ms)
{
	char total[32];

	ce_size_text(p->bytes_total, total, sizeof(total));
	fprintf(stderr, "%s: %llu %s%s%s%s, %.2f s\n", phases[p->phase].name,
		(unsigned long long)p->items_total, phases[p->phase].items,
		p->items_total == 1 ? "" : "s", p->bytes_total ? ", " : "",
		p->bytes_total ? total : "", (double)ms / 1000);
}

static void on_progress(void *user, const struct ccenv_progress *p)
{
	struct ce_ui *ui = user;
	bool end = p->items_total > 0 && p->items_done >= p->items_total;
	int64_t now = ce_now_ms(CE_CLOCK_MONOTONIC);

	if (ui->verbosity < 0 || p->phase < 1 || (size_t)p->phase >= CE_COUNT(phases))
		return;
	if (!ui->began_ms[p->phase]) {
		ui->began_ms[p->phase] = now;
		ui->drawn_ms = 0;
	}
	if (end) {
		ce_ui_clear(ui);
		if (!ui->ended[p->phase])
			plain(p, now - ui->began_ms[p->phase]);
		ui->began_ms[p->phase] = 0;
	} else if (ui->can_redraw && now - ui->drawn_ms >= REDRAW_MS) {
		ui->drawn_ms = now;
		draw(ui, p, now);
	}
	ui->ended[p->phase] = end;
}

struct ccenv_events ce_ui_events(struct ce_ui *ui)
{
	return (struct ccenv_events){.user = ui, .log = on_log, .progress = on_progress};
}
