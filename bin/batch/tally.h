/*
 * tally: what came of a batch's requests, counted, and put into words. Where the
 * words go, and when, is progress's and batch's.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>

#include "buf.h"
#include "flaws.h"
#include "result.h"

/* All zero at first. */
struct tally {
	unsigned long	 answered, failed;
	unsigned long	 skipped;	/* answered before this run */
	double		 prompt_tokens, completion_tokens;
	double		 all;		/* lines of the input, or a guess; negative: not known */
	bool		 exact;		/* all is no guess */
	struct flaws	 flaws;		/* of answers, of this run and of those before */
	struct buf	 first;		/* why the first one failed, and which it was */
};

/* A job has its answer: it is counted, and its flaw. */
void	tally_answer(struct tally *t, const struct result *r);

/* A job has failed, and this is its result; the first one's reason is kept. */
void	tally_failure(struct tally *t, const struct result *r);

/* How many requests have their end. */
unsigned long tally_done(const struct tally *t);

/* Appends "12 s", "3 min 20 s" or "4 h 10 min". */
void	tally_time(double seconds, struct buf *out);

/* Appends what came of all, after so many milliseconds: "2 answered, 1 failed; …". */
void	tally_summary(const struct tally *t, long long ms, struct buf *out);

void	tally_free(struct tally *t);

#endif
