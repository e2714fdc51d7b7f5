/*
 * job: a request of a batch, from when its line is read until its result is there,
 * over all its tries: the exchange that it is sent with, the answer that is put
 * together as it comes, and what a try came to. Jobs that have ended are used
 * again, with their memory and connections. When a try is made is batch's.
 */
#ifndef JOB_H
#define JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "client.h"
#include "http.h"
#include "outcome.h"
#include "result.h"
#include "task.h"

struct job {
	struct task	 task;
	unsigned long	 number;	/* its place among the results; output's */
	unsigned	 tries;		/* that were begun */
	long long	 first;		/* when it was first sent, of when_now; 0: not yet */
	long long	 deadline;	/* when it is given up; 0: never */
	struct http_exchange x;		/* its arg is the job */
	struct answer	 answer;
	bool		 open;		/* it has not ended */
	bool		 sent;		/* a try is under way, or was not judged yet */
	struct job	*next;		/* of all */
	struct job	*idle;		/* job's own: the next one that has ended */
};

struct jobs {
	struct client	*client;	/* borrowed, open */
	size_t		 max;		/* the longest event of an answer */
	unsigned	 active;	/* how many are sent */
	bool		 ask_less;	/* job's own: the service refuses stream_options */
	struct job	*all;		/* a list */
	struct job	*idle;		/* job's own: those that have ended */
};

/* A job without a past; borrowed, until job_end. */
struct job *job_new(struct jobs *all);

/* Sends it. The client's --max-time runs from the first time that it is sent. */
void	job_send(struct jobs *all, struct job *job, long long now);

/*
 * Judges a try whose exchange has ended. There is an answer (status 0) only where the
 * transfer was good as well; of two faults the one that says more counts, as
 * diag_worst has it: an error in the stream before the cut that followed it. o's
 * memory is used again.
 */
void	job_judge(struct job *job, struct outcome *o);

/*
 * Sets the result that the try, judged so, makes; it borrows from all of these. made
 * is for what has to be made.
 */
void	job_result(const struct job *job, struct outcome *o, struct result *r,
	    struct buf *made);

/*
 * Whether the try failed for the stream_options, which all jobs are sent with, and the
 * job may do without: it, and all after it, are sent without them. It was no try then.
 */
bool	job_asks_less(struct jobs *all, struct job *job);

/* The try is over, or cancelled, and what came of it is freed: another may follow. */
void	job_rest(struct jobs *all, struct job *job);

/* The same, and none follows. */
void	job_end(struct jobs *all, struct job *job);

/* Frees them all. */
void	job_free(struct jobs *all);

#endif
