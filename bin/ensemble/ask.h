/*
 * ask: whom a request asks, by the panel, its mode and the models it names. Pure.
 */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "panel.h"
#include "question.h"

/* One that is asked: a model, or one of several samples of it. */
struct asked {
	const char	*id;	/* borrowed from the panel or the question */
	char		*key;	/* the thread's: ID, or ID#2 …; owned */
};

struct ask {
	struct asked	*p;
	size_t		 n;
	struct buf	 left_out;	/* ids that the question names and nobody
					   serves, commas between them */
};

/*
 * Finds whom q asks. False, with why appended, where the mode is unknown or nobody is
 * left: the request's fault.
 */
bool	ask_whom(struct ask *a, const struct panel *p, const struct question *q,
	    struct buf *why);

void	ask_free(struct ask *a);

#endif
