/*
 * exchange: one request and its response, which the thread of its connection has to
 * itself. Not for what is answered: that is door's and answer's; nor for how it is sent:
 * that is front's.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "endpoint.h"
#include "spool.h"

enum exchange_end {
	EXCHANGE_OPEN,		/* there is more to come */
	EXCHANGE_WHOLE,
	EXCHANGE_CUT,		/* the connection closes without an end of the response */
};

struct exchange {
	struct front		*front;
	struct MHD_Connection	*connection;
	struct conn		*conn;
	long long		 began;		/* ms of when_now, */
	long long		 began_at;	/* and since 1970 */
	const char		*client;	/* borrowed; NULL: no name */
	char			*mode;		/* owned; NULL: none */
	const struct door_route	*route;		/* NULL: there is none */
	struct spool		 body;		/* the request's */
	struct answer		*answer;	/* its own; NULL: none, or no longer */
	bool			 chatty;	/* the client sends more: no use to look */
	/* These two are used under the front's lock. */
	bool			 sending;	/* the response has begun */
	bool			 late;		/* it took too long to ask */
	/* The response. */
	unsigned		 status;	/* 0: none yet */
	bool			 stream;	/* it is one of events; else JSON */
	const char		*allow;		/* with 405: the methods; else NULL */
	struct buf		 out;		/* bytes of its body, */
	size_t			 at;		/* this many of them sent */
	enum exchange_end	 end;
	unsigned long long	 bytes;		/* sent in all */
};

/* The response is an error; e is copied. */
void	exchange_refuse(struct exchange *x, unsigned status,
	    const struct endpoint_error *e);

/* The response is the general error of that status. */
void	exchange_fail(struct exchange *x, unsigned status);

/* The response is JSON with status 200: text is taken over. */
void	exchange_say(struct exchange *x, struct buf *text);

void	exchange_free(struct exchange *x);

#endif
