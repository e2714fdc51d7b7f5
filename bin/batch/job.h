/*
 * job: a request of a batch, from when its line is read until its result is
 * there, over all its tries. Jobs that have ended are used again, with their
 * memory.
 */
#ifndef JOB_H
#define JOB_H

#include "task.h"

struct job {
	struct task	 task;
	unsigned long	 number;	/* its place among the results; order's */
	unsigned	 tries;		/* that were begun */
	long long	 first;		/* when it was first sent, of when_now; 0: not yet */
	long long	 deadline;	/* when it is given up; 0: never */
	struct job	*next;		/* of the idle ones */
};

/* A job without a past, from the list of idle ones where there is one; owned. */
struct job *job_new(struct job **idle);

/* Puts a job that has ended on the list of idle ones. */
void	job_end(struct job **idle, struct job *job);

/* Frees the idle ones. */
void	job_free(struct job **idle);

#endif
