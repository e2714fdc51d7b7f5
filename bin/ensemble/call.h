/*
 * call: one model's call with its tries: queued at its host, sent, read, tried again.
 * The loop pulls what came of it: pieces of text, failures that will be tried again, the
 * end. What is done with that is ensemble's.
 */
#ifndef CALL_H
#define CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "buf.h"
#include "client.h"
#include "merge.h"
#include "outcome.h"
#include "panel.h"
#include "target.h"

enum call_event {
	CALL_NOTHING,	/* for now */
	CALL_THINKING,	/* a piece of either, in answer.piece */
	CALL_TEXT,
	CALL_RETRY,	/* this try failed, the next one waits */
	CALL_OVER,	/* outcome says how it ended */
};

/* What all calls have in common; the first four are set by the caller. */
struct calls {
	struct client	*client;	/* its http, options and redact */
	const struct panel *panel;	/* its limits */
	size_t		 max;		/* bytes of an event, and of an answer */
	long long	 deadline;	/* of when_now's clock; 0: none */
	struct merge	 usage;		/* of all tries that said one, added up; owned */
	/* call's own. */
	struct call	*all;		/* those that wait for a place in their order */
};

/* All zero it is at rest. It stays where it is in memory. */
struct call {
	/* Set by the caller. */
	bool		 final;		/* not tried again once it has said something */
	/* What came of it. */
	struct target	*target;
	struct http_exchange x;		/* the last try, */
	struct answer	 answer;	/* and what it brought */
	struct outcome	 outcome;	/* after CALL_OVER and CALL_RETRY; its wait_ms is
					   how long the next try waits */
	long		 first_ms;	/* to the try's first piece; -1: none came */
	/* call's own. */
	struct calls	*calls;		/* NULL: it was never begun */
	enum { CALL_AT_REST, CALL_QUEUED, CALL_WAITING, CALL_ACTIVE } state;
	bool		 open;		/* its exchange has begun and not ended */
	struct buf	 body;
	unsigned	 tries;
	long long	 due;
	struct call	*next;		/* of all */
};

/*
 * Asks target; body is taken over. What an earlier use of the call left is dropped. The
 * call must have ended, or be cancelled.
 */
void	call_begin(struct calls *all, struct call *c, struct target *target,
	    struct buf *body);

/* The next that came of it. Call it until CALL_NOTHING, each time call_wait returns. */
enum call_event call_next(struct call *c);

/* Whether it has begun and not ended. */
bool	call_runs(const struct call *c);

/* Ends it at once, without an event. */
void	call_cancel(struct call *c);

void	call_free(struct call *c);

/*
 * Starts the calls whose time and place have come, and waits until something happens:
 * until due at most (of when_now's clock; 0: no limit), or until a signal comes.
 */
void	call_wait(struct calls *all, long long due);

/*
 * Appends the sum of usage, member by member, a JSON object; the three counts that all
 * services give are always there.
 */
void	call_put_usage(struct calls *all, struct buf *out);

#endif
