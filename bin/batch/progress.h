/*
 * progress: what is told of a batch on standard error: a line that is drawn
 * again and again on a terminal, and one line at the end.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "buf.h"

struct progress_count {
	unsigned long	 answered, failed, skipped;
	double		 prompt_tokens, completion_tokens;
	double		 all;		/* lines of the input, or a guess; negative: not known */
	bool		 exact;		/* it is no guess */
};

/* Whether to draw; start is now, in milliseconds. There is one in a program. */
void	progress_start(bool draw, long long now);

/* Draws the line when it is time to; takes itself back before a message. */
void	progress_draw(const struct progress_count *c, long long now);

/* Milliseconds until it should be drawn again; -1: never. */
long	progress_wait(long long now);

/* Takes the line away for good. */
void	progress_stop(void);

/* Appends "2 answered, 1 failed …", with tokens and time. */
void	progress_summary(const struct progress_count *c, long long now,
	    struct buf *out);

#endif
