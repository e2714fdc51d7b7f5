/*
 * output: what becomes of a batch's jobs: a result, handed to the store at once
 * or when its turn comes, and counted. Not for files (store), nor for how a line
 * reads (result).
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "job.h"
#include "order.h"
#include "result.h"
#include "store.h"
#include "tally.h"

struct output {
	struct store	 store;
	struct tally	 tally;
	/* The rest is output's own. */
	struct order	 order;
	bool		 ordered;
	size_t		 max;		/* the longest line */
	const struct redact *redact;	/* what is hidden in all lines */
	struct buf	 message;
	struct buf	 line;
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
 * The job has this result, whose task is set here. False, and nothing is done, for
 * an answer whose line would be too long.
 */
bool	output_put(struct output *o, struct job *job, struct result *r);

/* The job was read, but this run gives it no result. */
void	output_skip(struct output *o, const struct job *job);

/* Closes the store; what has no place before it yet is dropped. */
void	output_close(struct output *o);

#endif
