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
	/* One that can only take lines would show the sequences. */
	own.draw = own.screen.pictures || !own.screen.terminal;
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
progress_draw(const struct tally *t, long long now)
{
	struct buf *b = &own.line.text;
	double asked = (double)(t->answered + t->failed);
	double rate = asked * 1000 / (double)(now - own.start + 1);
	double left = t->all - (double)tally_done(t);

	if (progress_wait(now) != 0)
		return;
	own.next = now + DRAW_MS;
	buf_clear(b);
	buf_printf(b, "%s: %lu", diag_name(), tally_done(t));
	if (t->all >= 0)
		buf_printf(b, "/%s%.0f", t->exact ? "" : "~", t->all);
	buf_printf(b, " done, %lu failed, %.1f/s, %.0f tokens", t->failed, rate,
	    t->prompt_tokens + t->completion_tokens);
	if (t->all >= 0 && rate > 0 && left >= 0) {
		buf_adds(b, ", ");
		tally_time(left / rate, b);
		buf_adds(b, " left");
	}
	show();
}

void
progress_stop(void)
{
	clear();
	screen_close(&own.screen, true);
	buf_free(&own.line.text);
	own.draw = false;
}
