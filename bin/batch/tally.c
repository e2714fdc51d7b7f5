#include <string.h>

#include "tally.h"
#include "verdict.h"

enum { LONGEST = 64 };	/* bytes that are kept of a flaw's name */

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

unsigned long
tally_done(const struct tally *t)
{
	return t->answered + t->failed + t->skipped;
}

void
tally_time(double seconds, struct buf *out)
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
		tally_time((double)ms / 1000, out);
}

void
tally_free(struct tally *t)
{
	size_t i;

	for (i = 0; i < t->nflaws; i++)
		buf_free(&t->flaws[i].reason);
	buf_free(&t->first);
}
