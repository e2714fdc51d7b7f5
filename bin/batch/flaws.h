/*
 * flaws: why answers are less than what was asked for: cut by a limit or a filter,
 * or refused. Each reason by its name, with a number that fits into a byte, and
 * how many answers it has. How a flaw is found in an answer is result's.
 */
#ifndef FLAWS_H
#define FLAWS_H

#include <stddef.h>

#include "buf.h"

/* All zero there are none yet. */
struct flaws {
	struct flaw {			/* flaws' own */
		char		*reason;
		unsigned long	 count;
	} *list;
	size_t		 n, cap;
	unsigned long	 all;		/* answers counted */
};

/* The number of a reason, from 1 on. Where there are many, the rest share one. */
unsigned char flaws_number(struct flaws *f, const char *reason, size_t n);

/* Counts an answer; number 0, which has no flaw, is not counted. */
void	flaws_count(struct flaws *f, unsigned char number);

/* Appends "3 answers are cut: length; 1 answer is refused"; nothing for none. */
void	flaws_tell(const struct flaws *f, struct buf *out);

void	flaws_free(struct flaws *f);

#endif
