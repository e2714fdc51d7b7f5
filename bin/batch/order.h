/*
 * order: holds results back until the ones before them are there, for a batch whose
 * results are wanted in the order of its input. It says when it holds so much that
 * no more should be read.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct order_result {
	struct buf	 line;		/* empty: nothing is to be written */
	bool		 success;
	bool		 ready;		/* order's own */
};

struct order {
	struct order_result	*ring;	/* owned */
	size_t			 window;
	size_t			 held;	/* bytes */
	unsigned long		 next;	/* the number of the next result to be given */
	unsigned long		 last;	/* the next number to be taken */
};

/* Starts with room for so many results between the first and the last. */
void	order_start(struct order *o, size_t window);

/* Whether no number should be taken until results have been given. */
bool	order_full(const struct order *o);

/* The number of the next thing that is read; not when it is full. */
unsigned long order_number(struct order *o);

/* Takes over the result of that number, its line too. */
void	order_put(struct order *o, unsigned long number,
	    struct order_result *result);

/* The next result in order, the caller's to free; false when it is not there. */
bool	order_next(struct order *o, struct order_result *result);

void	order_free(struct order *o);

#endif
