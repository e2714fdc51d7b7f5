#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "io.h"
#include "screen.h"
#include "tally.h"
#include "verdict.h"

enum {
	LONGEST = 64,	/* bytes that are kept of a flaw's name */
	DRAW_MS = 250,
};

unsigned char
tally_flaw(struct tally *t, const char *reason, size_t n)
{
	size_t i;

	if (n == 0)
		return 0;
	if (n > LONGEST)
		n = LONGEST;
	for (i = 0; i < t->nflaws && i < TALLY_FLAWS; i++)
		if (buf_is(&t->flaws[i].reason, reason, n))
			return (unsigned char)(i + 1);
	if (i == t->nflaws) {
		t->nflaws++;
		if (i < TALLY_FLAWS)
			buf_add(&t->flaws[i].reason, reason, n);
		else
			buf_adds(&t->flaws[i].reason, "other reasons");
	}
	return (unsigned char)(i + 1);
}

void
tally_flawed(struct tally *t, unsigned char flaw)
{
	if (flaw == 0)
		return;
	t->flaws[flaw - 1].count++;
	t->flawed++;
}

void
tally_result(struct tally *t, const struct result *r)
{
	if (r->kind == RESULT_ANSWER) {
		t->answered++;
		if (r->flaw != NULL)
			tally_flawed(t, tally_flaw(t, r->flaw, strlen(r->flaw)));
		return;
	}
	if (t->failed++ > 0)
		return;
	/* A bad line's message names the line. */
	if (r->line == 0) {
		buf_add(&t->first, r->task->id.p, r->task->id.n);
		buf_adds(&t->first, ": ");
	}
	buf_adds(&t->first, r->message);
}

/* Words. */

/* Appends "12 s", "3 min 20 s" or "4 h 10 min". */
static void
add_time(double seconds, struct buf *out)
{
	unsigned long s = seconds < 1e9 ? (unsigned long)seconds : 1000000000;

	if (s < 60)
		buf_printf(out, "%lu s", s);
	else if (s < 3600)
		buf_printf(out, "%lu min %lu s", s / 60, s % 60);
	else
		buf_printf(out, "%lu h %lu min", s / 3600, s / 60 % 60);
}

/* "; 3 answers are cut: length; 1 answer is refused". */
static void
add_flaws(const struct tally *t, struct buf *out)
{
	const struct tally_flaw *f;

	for (f = t->flaws; f < t->flaws + t->nflaws; f++) {
		if (f->count == 0)
			continue;
		buf_printf(out, "; %lu answer%s ", f->count,
		    f->count == 1 ? " is" : "s are");
		if (buf_is(&f->reason, VERDICT_REFUSAL, strlen(VERDICT_REFUSAL)))
			buf_adds(out, "refused");
		else
			buf_printf(out, "cut: %.*s", (int)f->reason.n, f->reason.p);
	}
	if (t->flawed > 0)
		buf_adds(out, " (asking again will not help)");
}

void
tally_summary(const struct tally *t, long long ms, struct buf *out)
{
	buf_printf(out, "%lu answered, %lu failed", t->answered, t->failed);
	if (t->skipped > 0)
		buf_printf(out, ", %lu answered before", t->skipped);
	add_flaws(t, out);
	buf_printf(out, "; tokens: %.0f prompt, %.0f completion; ",
	    t->prompt_tokens, t->completion_tokens);
	if (ms < 60000)
		buf_printf(out, "%.1f s", (double)ms / 1000);
	else
		add_time((double)ms / 1000, out);
}

/* The line. */

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
		fd_write(STDERR_FILENO, "\r\033[K", 4);
	own.drawn = false;
}

void
tally_begin(long long now)
{
	own.start = own.next = now;
	screen_open(&own.screen);
	/* One that can only take lines would show the sequences. */
	own.draw = own.screen.pictures || !own.screen.terminal;
	diag_before(clear);
}

long
tally_wait(long long now)
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
		fd_write(STDERR_FILENO, "\r", 1);
		fd_write(STDERR_FILENO, text->p, text->n);
		fd_write(STDERR_FILENO, "\033[K", 3);
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
tally_draw(const struct tally *t, long long now)
{
	struct buf *b = &own.line.text;
	unsigned long asked = t->answered + t->failed, done = asked + t->skipped;
	double rate = (double)asked * 1000 / (double)(now - own.start + 1);
	double left = t->all - (double)done;

	if (tally_wait(now) != 0)
		return;
	own.next = now + DRAW_MS;
	buf_clear(b);
	buf_printf(b, "%s: %lu", diag_name(), done);
	if (t->all >= 0)
		buf_printf(b, "/%s%.0f", t->exact ? "" : "~", t->all);
	buf_printf(b, " done, %lu failed, %.1f/s, %.0f tokens", t->failed, rate,
	    t->prompt_tokens + t->completion_tokens);
	if (t->all >= 0 && rate > 0 && left >= 0) {
		buf_adds(b, ", ");
		add_time(left / rate, b);
		buf_adds(b, " left");
	}
	show();
}

void
tally_end(void)
{
	clear();
	screen_close(&own.screen, true);
	buf_free(&own.line.text);
	own.draw = false;
}

void
tally_free(struct tally *t)
{
	size_t i;

	for (i = 0; i < t->nflaws; i++)
		buf_free(&t->flaws[i].reason);
	buf_free(&t->first);
}
