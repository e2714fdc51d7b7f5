/*
 * front: the side of the server that clients see: libmicrohttpd in its thread,
 * connections, requests up to where they wait for an answer, responses, the log.
 */
#ifndef FRONT_H
#define FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "door.h"
#include "exchange.h"

struct conn {
	int		 fd;	/* borrowed */
	struct exchange	*x;	/* what is under way on it; NULL: nothing */
	/* The rest is front's own. */
	bool		 used;	/* it has had a request */
	long long	 due;	/* when the next one is to be whole; 0: any time */
	struct conn	*next;
};

/* All but the first three members is used under shared.lock. */
struct front {
	const struct door	*door;		/* borrowed */
	int			 log;		/* a descriptor; -1: none */
	struct exchange_shared	 shared;	/* front's to make */
	bool			 ending;	/* none may wait for an answer */
	size_t			 room;		/* how many may wait in the queue */
	struct exchange		*queue;		/* those that do, the first come first */
	size_t			 nqueue;
	size_t			 nconns;	/* connections, */
	size_t			 nexchanges;	/* and requests under way */
	bool			 log_failed;	/* that was said */
	/* front's own. */
	struct conn		*conns;
	struct exchange		**end;		/* of the queue */
	struct MHD_Daemon	*daemon;
};

/*
 * Starts the thread; most: how many connections there will be. Signals are to be
 * blocked. Failure ends the tool with 71.
 */
void	front_start(struct front *f, size_t most);

/* Takes the connections that wait at a listening socket. False: it cannot, now. */
bool	front_accept(struct front *f, int listener);

/* The rest with the lock held. Takes a request out of the queue, if it is there. */
void	front_remove(struct front *f, struct exchange *x);

/* Takes the first one out; NULL: there is none. */
struct exchange *front_next(struct front *f);

/* Ends what takes too long to send its request. */
void	front_cut_late(struct front *f, long long now);

/* When that is next, in ms of when_now; 0: never. */
long long front_due(const struct front *f);

/* Shuts the connections that have no request under way. */
void	front_shut_idle(const struct front *f);

/* Without it: closes all connections and ends the thread; nothing may be waiting. */
void	front_stop(struct front *f);

#endif
