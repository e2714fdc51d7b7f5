/*
 * answer: one run of the answering command, for the exchange that asked for it: it is
 * fed the request, its output is read and sorted into what may be passed on, its end is
 * told as an HTTP status. When it starts, and what becomes of its processes, is the
 * server's.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>

#include "exchange.h"
#include "passing.h"
#include "process.h"

enum answer_state {
	ANSWER_WAITS,		/* for its turn */
	ANSWER_RUNS,
	ANSWER_REFUSED,		/* it will have none: the server ends, or nobody waits */
	ANSWER_FAILED,		/* it could not be started */
	ANSWER_LEFT,		/* nobody waits for it any more */
};

struct answer {
	/* Used under the front's lock. */
	enum answer_state state;
	struct process	 process;	/* but for its pipes, once it runs */
	struct answer	*next;		/* that came after it */
	int		 wake[2];	/* wakes who waits for it, up to ANSWER_LEFT */
	int		 input;		/* a file with the request; -1: it is fed it */
	/* The rest is answer's own. */
	struct passing	 passing;
	size_t		 fed;		/* bytes of the request */
	struct buf	 line;		/* of its standard error, not whole yet */
	struct buf	 last;		/* its last line that is not blank, filtered */
};

/* Puts it into the queue. False: x has a response instead. */
bool	answer_begin(struct exchange *x);

/*
 * Waits until there is more of the response, or its end; in place of an answer that did
 * not end well, or was none, that is an HTTP status and an error. A client that is gone
 * ends it, too, without a status where there was none. What the command says on standard
 * error goes, line by line through the terminal filter, to ours.
 */
void	answer_next(struct exchange *x);

/*
 * Nobody waits for it any more: it is told to end, and what it says until then is passed
 * on: without a reader that would kill it before it has cleared away what it has made.
 */
void	answer_leave(struct exchange *x);

#endif
