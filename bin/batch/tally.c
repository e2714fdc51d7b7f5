#include "tally.h"

void
tally_answer(struct tally *t, const struct result *r)
{
	struct buf flaw = {0};

	t->answered++;
	result_flaw(r->body, &flaw);
	if (flaw.n > 0)
		flaws_count(&t->flaws, flaws_number(&t->flaws, flaw.p, flaw.n));
	buf_free(&flaw);
}

void
tally_failure(struct tally *t, const struct result *r)
{
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

void
tally_summary(const struct tally *t, long long ms, struct buf *out)
{
	buf_printf(out, "%lu answered, %lu failed", t->answered, t->failed);
	if (t->skipped > 0)
		buf_printf(out, ", %lu answered before", t->skipped);
	if (t->flaws.all > 0) {
		buf_adds(out, "; ");
		flaws_tell(&t->flaws, out);
		buf_adds(out, " (asking again will not help)");
	}
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
	flaws_free(&t->flaws);
	buf_free(&t->first);
}
