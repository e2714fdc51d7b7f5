/*
 * choose: which of several answers is the answer, without asking anybody: are they
 * equal, which has the most votes, which is the surest. Pure arithmetic.
 */
#ifndef CHOOSE_H
#define CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* An answer that is judged; the text is borrowed. */
struct candidate {
	const struct buf *text;		/* UTF-8 */
	bool		 scored;
	double		 confidence;	/* where scored: from 0 to 1 */
};

/*
 * Appends what of a text counts when it is compared: white space collapsed, ASCII in
 * lower case, * _ ` # " and ' taken off both ends and . ! ? , ; : off the end. A text
 * of nothing but these is itself. Never is a + or - taken off.
 */
void	choose_plain(const char *p, size_t n, struct buf *out);

/* Whether the n answers are all equal. */
bool	choose_equal(const struct candidate *c, size_t n);

/*
 * The surest member of the largest group of equal answers: its number. Each counts as
 * much as its confidence; one without a score as the median of the others', or 1 where
 * nobody has one. Of groups as large: the one of more members, then the first.
 */
size_t	choose_vote(const struct candidate *c, size_t n);

/* The surest of those that have a score; where none has one, as choose_vote. */
size_t	choose_best(const struct candidate *c, size_t n);

#endif
