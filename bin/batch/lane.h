/*
 * lane: what one request at a time is sent with: the exchange, and the answer
 * that is put together as it comes. A batch has as many lanes as it may have
 * requests under way; their memory and connections are used again. Not for what
 * the end of a try means: that is try's.
 */
#ifndef LANE_H
#define LANE_H

#include <stddef.h>

#include "answer.h"
#include "client.h"
#include "http.h"
#include "job.h"

struct lane {
	struct http_exchange	 x;		/* its arg is the lane */
	struct answer		 answer;
	struct job		*job;		/* NULL: the lane is idle */
	struct lane		*next;		/* lane's own */
};

struct lanes {
	struct lane	*lanes;
	unsigned	 n;
	unsigned	 active;	/* how many are not idle */
	struct lane	*idle;		/* lane's own: a list */
	struct client	*client;	/* lane's own */
	size_t		 max;		/* lane's own */
};

/* Makes n lanes over c (borrowed, open); max is the longest event of an answer. */
void	lane_open(struct lanes *l, unsigned n, struct client *c, size_t max);

/*
 * Sends the job's request on an idle lane; there must be one. The client's
 * --max-time runs from the first time that a job is sent.
 */
void	lane_start(struct lanes *l, struct job *job, long long now);

/* The lane is idle again, what it was doing cancelled; its answer is freed, its job stays the caller's. */
void	lane_end(struct lanes *l, struct lane *lane);

/* Frees them all; none may have a job. */
void	lane_close(struct lanes *l);

#endif
