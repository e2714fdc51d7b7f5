/*
 * output: what becomes of a batch's jobs: a result, counted, and handed to the store
 * at once; or where results are wanted in the order of the input, when those before it
 * are there. Not for files (store), nor for how a line reads (result).
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "job.h"
#include "result.h"
#include "store.h"
#include "tally.h"

struct output {
	struct store	 store;
	struct tally	 tally;
	/* The rest is output's own. */
	size_t		 max;		/* the longest line */
	const struct redact *redact;	/* what is hidden in all lines */
	struct buf	 line;
	struct output_held {		/* what waits for those before it, in a ring */
		struct buf	 line;	/* empty: nothing is to be written */
		bool		 success;
		bool		 ready;
	}		*ring;
	size_t		 window;	/* its length; 0: the order is no matter */
	size_t		 held;		/* bytes */
	unsigned long	 next;		/* the number of the next result to be written */
	unsigned long	 last;		/* the next number to be given */
};

/*
 * ahead: how many results may be held back so that all are in the input's order;
 * 0: their order is no matter. max: the longest line of an answer. The store is
 * opened by the caller.
 */
void	output_open(struct output *o, size_t ahead, size_t max,
	    const struct redact *redact);

/* Whether no more should be read until results were written. */
bool	output_full(const struct output *o);

/* A job has been read: its place among the results is the next one. */
void	output_number(struct output *o, struct job *job);

/*
 * The job has this result; an answer whose line would be too long is a failure. NULL:
 * the job was read, but this run gives it no result.
 */
void	output_put(struct output *o, const struct job *job, struct result *r);

/* Closes the store; what has no place before it yet is dropped. */
void	output_close(struct output *o);

#endif
