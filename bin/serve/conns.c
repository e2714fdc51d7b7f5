#include <sys/socket.h>

#include <stdlib.h>

#include "conns.h"
#include "mem.h"

enum { LIMIT = 60000 };	/* ms for head and body, or between two requests */

struct conn *
conns_add(struct conns *c, int fd, long long now)
{
	struct conn *conn = mem_zero(1, sizeof(*conn));

	conn->fd = fd;
	conns_start(c, conn, now);
	return conn;
}

void
conns_remove(struct conns *c, struct conn *conn)
{
	conns_stop(c, conn);
	free(conn);
}

/* All have the same time, so that the one added last is due last. */
void
conns_start(struct conns *c, struct conn *conn, long long now)
{
	conns_stop(c, conn);
	conn->due = now + LIMIT;
	conn->before = c->last;
	conn->after = NULL;
	if (c->last != NULL)
		c->last->after = conn;
	else
		c->first = conn;
	c->last = conn;
}

void
conns_stop(struct conns *c, struct conn *conn)
{
	if (conn->due == 0)
		return;
	conn->due = 0;
	if (conn->before != NULL)
		conn->before->after = conn->after;
	else
		c->first = conn->after;
	if (conn->after != NULL)
		conn->after->before = conn->before;
	else
		c->last = conn->before;
}

struct conn *
conns_late(struct conns *c, long long now)
{
	struct conn *conn = c->first;

	if (conn == NULL || conn->due > now)
		return NULL;
	conns_stop(c, conn);
	return conn;
}

void
conns_shut(const struct conn *conn)
{
	shutdown(conn->fd, SHUT_RDWR);
}

void
conns_shut_idle(const struct conns *c)
{
	const struct conn *conn;

	for (conn = c->first; conn != NULL; conn = conn->after)
		if (conn->x == NULL)
			conns_shut(conn);
}

long long
conns_due(const struct conns *c)
{
	return c->first != NULL ? c->first->due : 0;
}
