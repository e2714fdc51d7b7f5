/*
 * conns: the connections, and which of them have taken too long to send a
 * request: those are shut. Not for what comes over them.
 */
#ifndef CONNS_H
#define CONNS_H

#include <stdbool.h>
#include <stddef.h>

struct exchange;

struct conn {
	int		 fd;	/* borrowed */
	struct exchange	*x;	/* what is under way on it; NULL: nothing */
	bool		 used;	/* it has had a request */
	/* The rest is conns' own. */
	long long	 due;	/* 0: it has all the time */
	struct conn	*before, *after;
};

/* All zero it is empty. */
struct conns {
	/* conns' own: those that have a limit, the first due first. */
	struct conn	*first, *last;
};

/* A connection is there; its first request is due in time. Owned by the caller. */
struct conn *conns_add(struct conns *c, int fd, long long now);
void	conns_remove(struct conns *c, struct conn *conn);

/* The time that it has begins anew, or ends. */
void	conns_start(struct conns *c, struct conn *conn, long long now);
void	conns_stop(struct conns *c, struct conn *conn);

/*
 * The next connection whose time is up, which is over for it; NULL: there is none.
 * What is to be said to it the caller says, then conns_shut.
 */
struct conn *conns_late(struct conns *c, long long now);

/* Shuts a connection: whoever reads it finds its end. */
void	conns_shut(const struct conn *conn);

/* Shuts all that have no request under way. */
void	conns_shut_idle(const struct conns *c);

/* When the next is due, in ms of when_now; 0: none. */
long long conns_due(const struct conns *c);

#endif
