#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "io.h"
#include "progress.h"
#include "screen.h"

enum { DRAW_MS = 250 };

static struct {
	bool			draw;
	bool			drawn;	/* where no terminal is */
	struct screen		screen;
	struct screen_line	line;
	long long		start, next;
} own;

/* Before a message, which then has the line to itself. */
static void
clear(void)
{
	io_flush();
	screen_erase(&own.screen);
	if (own.drawn)
		io_write_all(STDERR_FILENO, "\r\033[K", 4);
	own.drawn = false;
}

void
progress_start(bool draw, long long now)
{
	own.draw = draw;
	own.start = own.next = now;
	if (!draw)
		return;
	screen_open(&own.screen);
	diag_before(clear);
}

long
progress_wait(long long now)
{
	if (!own.draw)
		return -1;
	return own.next > now ? (long)(own.next - now) : 0;
}

static void
add_time(struct buf *out, double seconds)
{
	unsigned long s = seconds < 1e9 ? (unsigned long)seconds : 1000000000;

	if (s < 60)
		buf_printf(out, "%lu s", s);
	else if (s < 3600)
		buf_printf(out, "%lu min %lu s", s / 60, s % 60);
	else
		buf_printf(out, "%lu h %lu min", s / 3600, s / 60 % 60);
}

static void
show(void)
{
	struct buf *text = &own.line.text;
	size_t columns, rows;

	if (!own.screen.terminal) {
		io_write_all(STDERR_FILENO, "\r", 1);
		io_write_all(STDERR_FILENO, text->p, text->n);
		io_write_all(STDERR_FILENO, "\033[K", 3);
		own.drawn = true;
		return;
	}
	screen_size(&own.screen, &columns, &rows);
	if (text->n > columns)
		text->n = columns;	/* it is ASCII */
	own.line.width = text->n;
	screen_draw(&own.screen, &own.line, 1);
}

void
progress_draw(const struct progress_count *c, long long now)
{
	struct buf *b = &own.line.text;
	unsigned long done = c->answered + c->failed;
	double rate = (double)done * 1000 / (double)(now - own.start + 1), left;

	if (progress_wait(now) != 0)
		return;
	own.next = now + DRAW_MS;
	left = c->all - (double)(done + c->skipped);
	buf_clear(b);
	buf_printf(b, "%s: %lu", diag_name(), done + c->skipped);
	if (c->all >= 0)
		buf_printf(b, "/%s%.0f", c->exact ? "" : "~", c->all);
	buf_printf(b, " done, %lu failed, %.1f/s, %.0f tokens", c->failed, rate,
	    c->prompt_tokens + c->completion_tokens);
	if (c->all >= 0 && rate > 0 && left >= 0) {
		buf_adds(b, ", ");
		add_time(b, left / rate);
		buf_adds(b, " left");
	}
	show();
}

void
progress_stop(void)
{
	if (!own.draw)
		return;
	clear();
	screen_close(&own.screen, true);
	buf_free(&own.line.text);
	own.draw = false;
}

void
progress_summary(const struct progress_count *c, long long now, struct buf *out)
{
	buf_printf(out, "%lu answered, %lu failed", c->answered, c->failed);
	if (c->skipped > 0)
		buf_printf(out, ", %lu answered before", c->skipped);
	buf_printf(out, "; tokens: %.0f prompt, %.0f completion; ",
	    c->prompt_tokens, c->completion_tokens);
	if (now - own.start < 60000)
		buf_printf(out, "%.1f s", (double)(now - own.start) / 1000);
	else
		add_time(out, (double)(now - own.start) / 1000);
}
