/* SPDX-License-Identifier: MIT */
/* Messages and progress on stderr. */
#include "cli/ui.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"

enum {
	REDRAW_MS = 80,
	BAR = 24
};

/* What a phase is called, and what it counts. */
static const struct {
	const char *name, *items;
} phases[] = {
	[CCENV_PHASE_REPODATA] = {"Index", "file"},
	[CCENV_PHASE_SOLVE] = {"Solve", "environment"},
	[CCENV_PHASE_FETCH] = {"Fetch", "package"},
	[CCENV_PHASE_LINK] = {"Link", "file"},
};

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void ce_ui_init(struct ce_ui *ui, int verbosity)
{
	*ui = (struct ce_ui){.verbosity = verbosity, .terminal = isatty(STDERR_FILENO) == 1};
}

void ce_ui_clear(struct ce_ui *ui)
{
	if (ui->drawn)
		fputs("\r\033[K", stderr);
	ui->drawn = false;
}

void ce_ui_error(struct ce_ui *ui, const char *text)
{
	ce_ui_clear(ui);
	fprintf(stderr, "ccenv: %s\n", text);
}

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	struct ce_ui *ui = user;

	if ((int)level > ui->verbosity + 2)
		return;
	ce_ui_clear(ui);
	fprintf(stderr, "%s%s\n", level == CCENV_LOG_WARNING ? "Warning: " : "", text);
}

static void size_text(char *buf, size_t size, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	double v = (double)bytes;
	size_t u = 0;

	for (; v >= 1024 && u + 1 < CE_COUNT(units); u++)
		v /= 1024;
	snprintf(buf, size, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

/* "Fetch  [######......] 12/40, 103.2 MiB of 310.0 MiB, libcublas" */
static void draw(struct ce_ui *ui, const struct ccenv_progress *p)
{
	char bar[BAR + 1], done[32], total[32];
	double part = 0;

	if (p->bytes_total)
		part = (double)p->bytes_done / (double)p->bytes_total;
	else if (p->items_total)
		part = (double)p->items_done / (double)p->items_total;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < (int)(part * BAR) ? '#' : '.';
	bar[BAR] = '\0';
	size_text(done, sizeof(done), p->bytes_done);
	size_text(total, sizeof(total), p->bytes_total);
	fprintf(stderr, "\r\033[K%-5s [%s] %llu/%llu", phases[p->phase].name, bar,
		(unsigned long long)p->items_done, (unsigned long long)p->items_total);
	if (p->bytes_total)
		fprintf(stderr, ", %s of %s", done, total);
	if (p->item)
		fprintf(stderr, ", %.40s", p->item);
	fflush(stderr);
	ui->drawn = true;
}

/* "Fetch: 36 packages, 228.4 MiB, 1.24 s" */
static void plain(const struct ccenv_progress *p, long ms)
{
	char total[32];

	size_text(total, sizeof(total), p->bytes_total);
	fprintf(stderr, "%s: %llu %s%s%s%s, %.2f s\n", phases[p->phase].name,
		(unsigned long long)p->items_total, phases[p->phase].items,
		p->items_total == 1 ? "" : "s", p->bytes_total ? ", " : "",
		p->bytes_total ? total : "", (double)ms / 1000);
}

static void on_progress(void *user, const struct ccenv_progress *p)
{
	struct ce_ui *ui = user;
	bool end = p->items_total > 0 && p->items_done >= p->items_total;
	long now = now_ms();

	if (ui->verbosity < 0 || p->phase < 1 || (size_t)p->phase >= CE_COUNT(phases))
		return;
	if (!ui->begin_ms[p->phase])
		ui->begin_ms[p->phase] = now;
	if (end) {
		ce_ui_clear(ui);
		if (!ui->announced[p->phase])
			plain(p, now - ui->begin_ms[p->phase]);
		ui->begin_ms[p->phase] = 0;
	} else if (ui->terminal && now - ui->last_ms >= REDRAW_MS) {
		ui->last_ms = now;
		draw(ui, p);
	}
	ui->announced[p->phase] = end;
}

struct ccenv_events ce_ui_events(struct ce_ui *ui)
{
	return (struct ccenv_events){.user = ui, .log = on_log, .progress = on_progress};
}
