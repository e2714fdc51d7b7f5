/*
 * picture: what a watch tells, laid out for a terminal: a line a thread, one for
 * all together, as many as fit. Not for the terminal itself: that is screen's.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "screen.h"
#include "watch.h"

struct picture {
	bool			 colour;
	struct screen_line	*lines;
	size_t			 n;
	/* The rest is picture's own. */
	size_t			 cap;
	struct buf		 cell;
	struct picture_layout {		/* how a window is used, in columns */
		size_t	columns;	/* all but the last */
		size_t	name;		/* the widest name */
		size_t	gap;		/* between what stands side by side */
		size_t	time;		/* the longest time; 0: none is told */
		size_t	words;		/* before a row's words */
		size_t	bar;		/* a confidence's bar; 0: none */
		size_t	score;		/* that and its number, the last ones; 0: none */
		bool	vendors;	/* names with the part up to the "/" */
	}			 l;
};

/*
 * Makes the lines for a terminal of that size: none in its last column, and one row
 * is left for the cursor. First the threads at work, then those that wait, that are
 * done, that failed, each in the order they are given in, but main first; those that
 * failed alike share a line. Where they do not fit, main stays, then what has failed or
 * is being retried, then what is at work, what is done and what waits; and one line
 * tells of the rest.
 */
void	picture_make(struct picture *p, struct watch *w, size_t columns,
	    size_t rows);

void	picture_free(struct picture *p);

#endif
