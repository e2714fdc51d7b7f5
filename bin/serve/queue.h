/*
 * queue: the requests that wait for an answer to begin, the first come first.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

#include "exchange.h"

/* All zero it is empty. The exchanges are borrowed. */
struct queue {
	struct exchange	*first, *last;	/* linked by their next */
	size_t		 n;
};

void	queue_add(struct queue *q, struct exchange *x);

/* The first one, taken out; NULL: there is none. */
struct exchange *queue_next(struct queue *q);

/* Takes one out, if it is there. */
void	queue_remove(struct queue *q, struct exchange *x);

#endif
