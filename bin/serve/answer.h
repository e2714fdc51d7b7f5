/*
 * answer: one run of the answering command: it is fed the request, its output
 * is read and sorted into what may be passed on, its end is told as an HTTP
 * status. All of it happens in one thread, without waiting. Not for the client.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>

#include "endpoint.h"
#include "passing.h"
#include "process.h"
#include "spool.h"

struct exchange;

struct answer {
	struct exchange	*x;		/* who waits for it; NULL: nobody any more */
	struct process	 process;
	struct passing	 passing;
	struct spool	 body;		/* the request */
	long long	 due;		/* when it is to have ended, ms of when_now; 0: any time */
	bool		 late;		/* it had not */
	bool		 over;		/* all of its output was read */
	bool		 room;		/* its output may be read: x takes it */
	/* The rest is answer's own. */
	size_t		 fed;		/* bytes of the request */
	struct buf	 line;		/* of its standard error, not whole yet */
	struct buf	 last;		/* its last line that is not blank, filtered */
};

/* Starts the command on a.body. False with errno set. */
bool	answer_start(struct answer *a, const char *command);

/*
 * Writes, reads and listens as far as that needs no waiting. What is heard goes, line by
 * line through the terminal filter, to standard error.
 */
void	answer_feed(struct answer *a);
void	answer_read(struct answer *a);
void	answer_hear(struct answer *a);

/* Nobody wants it any more: it is told to end, and no longer read. */
void	answer_drop(struct answer *a, long long now);

/* Whether it ended with status 0. */
bool	answer_well(const struct answer *a);

/*
 * What a client gets in place of an answer that did not end well or was no
 * answer: an HTTP status, and the error that goes with it, its message borrowed.
 */
unsigned answer_error(struct answer *a, struct endpoint_error *e);

void	answer_free(struct answer *a);

#endif
