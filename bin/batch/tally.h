/*
 * tally: what came of a batch's requests, counted and told: answers, failures, and
 * answers that are less than what was asked for, because they were cut by a limit or
 * a filter, or refused. It is told at the end, and in a line that stands on standard
 * error while the batch runs, drawn anew from time to time. How a flaw is found in an
 * answer is result's.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "result.h"

enum { TALLY_FLAWS = 16 };	/* that have a name here */

/* All zero at first. */
struct tally {
	unsigned long	 answered, failed;
	unsigned long	 skipped;	/* answered before this run */
	unsigned long	 flawed;	/* answers, of this run and of those before */
	double		 prompt_tokens, completion_tokens;
	double		 all;		/* lines of the input, or a guess; negative: not known */
	bool		 exact;		/* all is no guess */
	struct buf	 first;		/* why the first one failed, and which it was */
	struct tally_flaw {		/* tally's own */
		struct buf	 reason;
		unsigned long	 count;
	}		 flaws[TALLY_FLAWS + 1];
	size_t		 nflaws;	/* tally's own */
};

/* Counts a result: an answer and its flaw, or a failure, the first one's reason kept. */
void	tally_result(struct tally *t, const struct result *r);

/*
 * The number, from 1 on, of the reason (n bytes) why an answer is less than what was
 * asked for. Where there are many reasons, the rest share one. 0 for none.
 */
unsigned char tally_flaw(struct tally *t, const char *reason, size_t n);

/* Counts an answer of such a flaw; one of 0 is not counted. */
void	tally_flawed(struct tally *t, unsigned char flaw);

/* Appends what came of all, after so many milliseconds: "2 answered, 1 failed; …". */
void	tally_summary(const struct tally *t, long long ms, struct buf *out);

/*
 * Starts the line at now, in milliseconds. A message that is said from here on takes
 * the line away first, so there is one in a program. Without this none is ever drawn.
 */
void	tally_begin(long long now);

/* Draws the line, when it is time to. */
void	tally_draw(const struct tally *t, long long now);

/* Milliseconds until it should be drawn again; -1: never. */
long	tally_wait(long long now);

/* Takes the line away for good. */
void	tally_end(void);

void	tally_free(struct tally *t);

#endif
