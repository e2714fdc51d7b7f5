/*
 * exchange: one request and its response, between libmicrohttpd's thread, which
 * sends, and the server's, which runs answers. What both use is used under the
 * lock. Not for what is answered: that is door's and answer's.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "endpoint.h"
#include "spool.h"

struct conn;

/* What the two threads share: the lock, and how the server's is woken. */
struct exchange_shared {
	pthread_mutex_t	 lock;
	bool		 closing;	/* the server takes no new requests */
	int		 wake[2];
};

enum exchange_stage {
	EXCHANGE_READING,	/* its head or its body */
	EXCHANGE_WAITING,	/* for an answer, its own or one that is running */
	EXCHANGE_READY,		/* its response may go out */
	EXCHANGE_SENDING,
};

enum exchange_end {
	EXCHANGE_OPEN,		/* there is more to come */
	EXCHANGE_WHOLE,
	EXCHANGE_CUT,		/* the connection closes without an end of the response */
};

struct exchange {
	struct exchange_shared	*shared;
	struct MHD_Connection	*connection;
	struct conn		*conn;
	long long		 began;		/* ms of when_now, */
	long long		 began_at;	/* and since 1970 */
	const char		*client;	/* borrowed; NULL: no name */
	char			*mode;		/* owned; NULL: none */
	const struct door_route	*route;		/* NULL: there is none */
	struct spool		 body;		/* the request's */
	struct exchange		**waiter;	/* who points to it while it waits; NULL: nobody */
	struct exchange		*next;		/* in the queue */
	size_t			 polled;	/* the server's place for it; 0: none */
	bool			 chatty;	/* the client sends more: no use to look */

	enum exchange_stage	 stage;
	bool			 gone;		/* the client is, */
	bool			 late;		/* for it took too long to ask */
	bool			 suspended;
	unsigned		 status;	/* of the response; 0: none yet */
	bool			 stream;	/* it is one of events; else JSON */
	const char		*allow;		/* with 405: the methods; else NULL */
	struct buf		 out;		/* bytes of the response's body, */
	size_t			 at;		/* this many of them sent */
	enum exchange_end	 end;
	unsigned long long	 bytes;		/* sent in all */
	bool			 full;		/* the server waits for out to drain */
};

/* How much of a stream waits to be sent before its answer has to. */
#define EXCHANGE_ROOM ((size_t)1 << 18)

/* The response is an error; e is copied. */
void	exchange_refuse(struct exchange *x, unsigned status,
	    const struct endpoint_error *e);

/* The response is the general error of that status. */
void	exchange_fail(struct exchange *x, unsigned status);

/* The response is JSON with status 200: text is taken over. */
void	exchange_say(struct exchange *x, struct buf *text);

/* The response's stream begins, or goes on: bytes are taken over. */
void	exchange_stream(struct exchange *x, struct buf *bytes);

/* The response is at its end. */
void	exchange_end(struct exchange *x, enum exchange_end how);

/* It waits for its answer no longer: who points to it does so no more. */
void	exchange_leave(struct exchange *x);

/* Suspends the connection, or lets it go on if it was. */
void	exchange_wait(struct exchange *x);
void	exchange_go_on(struct exchange *x);

/* In libmicrohttpd's thread, without the lock: hands over the response. */
enum MHD_Result exchange_respond(struct exchange *x);

void	exchange_free(struct exchange *x);

#endif
