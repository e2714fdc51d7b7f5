/*
 * listeners: the sockets that a server listens on: those that were open before the
 * program, as systemd hands them over (sd_listen_fds(3)), and who reaches them.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/*
 * How many there are; *fds, owned by the caller, gets them, closed on exec and
 * not blocking. The variables that tell of them are taken away. One that is no
 * listening socket ends the tool with 78.
 */
size_t	listeners_take(int **fds);

/* Whether only this machine reaches the socket, by its own name (getsockname). */
bool	listeners_loopback(int fd);

/*
 * Appends where a client on this machine finds the socket, as a URL has it:
 * "127.0.0.1:8787", "[::1]:80". False for one that has no such address.
 */
bool	listeners_address(int fd, struct buf *out);

#endif
