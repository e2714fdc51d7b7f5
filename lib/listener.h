/*
 * listener: sockets that servers listen on, and who can reach them. Not for
 * the connections: those are the servers'.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>

#include "buf.h"

/*
 * Listens on an address (numeric, or a name's first one); *port 0 is a free
 * one, and set to the one it is. The socket does not block and closes on exec.
 * -1 with why (a constant, or errno's) when that failed.
 */
int	listener_open(const char *address, int *port, const char **why);

/* Whether only this machine reaches the socket, by its own name (getsockname). */
bool	listener_loopback(int fd);

/*
 * Appends where a client on this machine finds the socket, as a URL has it:
 * "127.0.0.1:8787", "[::1]:80"; nothing for one that has no such address.
 */
void	listener_address(int fd, struct buf *out);

#endif
