/*
 * rows: which of the threads that a watch tells of a picture shows, in which
 * order, and which of them share a line. Not for how a line looks: that is
 * picture's.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stddef.h>

#include "watch.h"

struct rows_place {
	const struct watch_row	*thread;
	size_t			 leader;	/* rows' own: the first one that failed as
						   it did, or itself */
};

/* Threads that share a line: mostly one, more where they failed alike. */
struct rows_line {
	const struct rows_place	*places;	/* n of them */
	size_t			 n;
};

struct rows {
	struct rows_line	*lines;		/* those that are shown */
	size_t			 n;
	size_t			 rest[DOING_DONE + 1];	/* threads without a line, */
	size_t			 nrest;			/* by what they do; in all */
	/* The rest is rows' own. */
	struct rows_place	*places;
	size_t			 cap;
};

/*
 * Puts n threads, borrowed until the next call, on at most room lines: first
 * those at work, then those that wait, that are done, that failed, each in the
 * order they are given in, but main first. Where they do not fit, main stays,
 * then what has failed or is being retried, then what is at work, what is done
 * and what waits; and there is a line less, for the picture to tell of the rest.
 */
void	rows_choose(struct rows *r, const struct watch_row *threads, size_t n,
	    size_t room);

void	rows_free(struct rows *r);

#endif
