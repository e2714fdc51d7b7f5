/*
 * front: the side of the server that clients see: libmicrohttpd, which gives each
 * connection a thread, requests, responses, the log. And what these threads share with
 * the server's own.
 */
#ifndef FRONT_H
#define FRONT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "door.h"

struct conn {
	int		 fd;	/* borrowed */
	/* The rest is front's own. */
	struct exchange	*x;	/* what is under way on it; NULL: nothing */
	bool		 used;	/* it has had a request */
	long long	 due;	/* when a request is to be whole, or more of a response
				   taken; 0: any time */
	struct conn	*next;
};

/* All but the first three members is used under the lock. */
struct front {
	const struct door	*door;		/* borrowed */
	int			 log;		/* a descriptor; -1: none */
	size_t			 most_answers;	/* that run or wait to */
	pthread_mutex_t		 lock;
	int			 wake[2];	/* wakes the server's thread */
	bool			 closing;	/* no new requests are taken, */
	bool			 ending;	/* and none may wait for an answer */
	struct answer		*answers;	/* the first come first; owned by the */
	struct answer		**end;		/* server's thread, once they are here */
	size_t			 nanswers;
	size_t			 nconns;	/* connections, */
	size_t			 nexchanges;	/* and requests under way */
	bool			 log_failed;	/* that was said */
	/* front's own. */
	struct conn		*conns;
	struct MHD_Daemon	*daemon;
};

/*
 * Starts it; most: how many connections there will be. Signals are to be blocked, for
 * its threads. Failure ends the tool with 71.
 */
void	front_start(struct front *f, size_t most);

/* Takes the connections that wait at a listening socket. False: it cannot, now. */
bool	front_accept(struct front *f, int listener);

/* The rest with the lock held. Ends what takes too long to ask, or to take an answer. */
void	front_cut_late(struct front *f, long long now);

/* When to look for that next, in ms of when_now; 0: never. */
long long front_due(const struct front *f, long long now);

/* Shuts the connections that have no request under way. */
void	front_shut_idle(const struct front *f);

/* Without it: closes all connections and ends their threads; nothing may be waiting. */
void	front_stop(struct front *f);

#endif
