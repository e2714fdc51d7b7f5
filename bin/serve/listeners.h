/*
 * listeners: listening sockets that were there before the program, as systemd
 * hands them over (sd_listen_fds(3)).
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stddef.h>

/*
 * How many there are; *fds, owned by the caller, gets them, closed on exec and
 * not blocking. The variables that tell of them are taken away. One that is no
 * listening socket ends the tool with 78.
 */
size_t	listeners_take(int **fds);

#endif
