/*
 * curlcmd: an exchange as a command line of curl's, to be read, changed and
 * pasted into a shell.
 */
#ifndef CURLCMD_H
#define CURLCMD_H

#include "buf.h"
#include "client.h"

/* The longest request that goes into the command itself: an argument can have
 * 128 KiB on Linux. */
#define CURLCMD_MAX_BODY ((size_t)100 << 10)

/*
 * Appends the command that POSTs to the endpoint of c (which client_resolve has
 * found; the key was not read, and does not show) the file named, or where it is
 * NULL body; with curl's --dump-header where dump is not NULL.
 */
void	curlcmd_add(struct buf *out, const struct client *c, const char *file,
	    struct buf *body, const char *dump);

#endif
