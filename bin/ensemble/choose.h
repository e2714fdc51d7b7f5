/*
 * choose: which of several answers is the answer, without asking anybody: are they
 * equal, which has the most votes, which is the surest. And how they are shown to who
 * is asked: in an order that says nothing, under letters that say nothing.
 */
#ifndef CHOOSE_H
#define CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "emit.h"
#include "member.h"

/* All that have an answer, but one (NULL: none), in their order; gives how many. */
size_t	choose_from(struct member *members, size_t n, const struct member *but,
	    struct member **list);

/*
 * Whether the n answers are all equal: white space collapsed, ASCII in lower case,
 * * _ ` # " and ' taken off both ends and . ! ? , ; : off the end. A text of nothing but
 * these is itself. Never is a + or - taken off.
 */
bool	choose_equal(struct member *const *list, size_t n);

/*
 * The surest member of the largest group of equal answers. Each counts as much as its
 * confidence; one without a score as the median of the others', or 1 where nobody has
 * one. Of groups as large: the one of more members, then the first.
 */
struct member *choose_vote(struct member *const *list, size_t n);

/* The surest of those that have a score; where none has one, as choose_vote. */
struct member *choose_best(struct member *const *list, size_t n);

/*
 * Appends [{"answer": "A", "confidence": 0.9 or null, "text": …} …]. The order is
 * drawn by seed alone: the same for the same one.
 */
void	choose_put(struct member *const *list, size_t n, uint64_t seed,
	    struct emit *e);

#endif
