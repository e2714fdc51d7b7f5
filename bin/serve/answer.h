/*
 * answer: one run of the answering command: it is fed the request, its output
 * is read and sorted into what may be passed on, its end is told as an HTTP
 * status. All of it happens in one thread, without waiting. What the client sees of it
 * is handed to its exchange.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <poll.h>
#include <stdbool.h>

#include "endpoint.h"
#include "passing.h"
#include "process.h"
#include "spool.h"

struct exchange;

/* To be started: its process, on body's file, and due. */
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

/*
 * Does what its pipes (in, out, err), as poll(2) found them, its end and the time call
 * for, as far as that needs no waiting. What it says on standard error goes, line by line
 * through the terminal filter, to ours.
 */
void	answer_tend(struct answer *a, const struct pollfd fds[3], long long now);

/*
 * Gives the client what there is for it; in place of an answer that did not end well, or
 * was none, an HTTP status and an error. With the lock held.
 */
void	answer_tell(struct answer *a, long long now);

/* When answer_tend is wanted though no pipe wakes, in ms of when_now; 0: never. */
long long answer_due(const struct answer *a);

void	answer_free(struct answer *a);

#endif
