/*
 * front: the side of the server that clients see: libmicrohttpd in its thread,
 * connections, requests up to where they wait for an answer, responses, the log.
 */
#ifndef FRONT_H
#define FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "conns.h"
#include "door.h"
#include "exchange.h"
#include "queue.h"

/* All but the first three members is used under shared.lock. */
struct front {
	const struct door	*door;		/* borrowed */
	int			 log;		/* a descriptor; -1: none */
	struct exchange_shared	 shared;	/* front's to make */
	bool			 ending;	/* none may wait for an answer */
	size_t			 room;		/* how many may wait in the queue */
	struct queue		 queue;
	struct conns		 conns;
	size_t			 nconns;	/* connections, */
	size_t			 nexchanges;	/* and requests under way */
	bool			 log_failed;	/* that was said */
	struct MHD_Daemon	*daemon;	/* front's own */
};

/*
 * Starts the thread; most: how many connections there will be. Signals are to be
 * blocked. Failure ends the tool with 71.
 */
void	front_start(struct front *f, size_t most);

/* Takes the connections that wait at a listening socket. False: it cannot, now. */
bool	front_accept(struct front *f, int listener);

/* Ends what takes too long to send its request. With the lock held. */
void	front_cut_late(struct front *f, long long now);

/* Closes all connections and ends the thread; nothing may be waiting. */
void	front_stop(struct front *f);

#endif
