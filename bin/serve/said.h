/*
 * said: what an answer says on its standard error: passed on line by line through
 * the terminal filter, the last line kept for the client.
 */
#ifndef SAID_H
#define SAID_H

#include <stddef.h>

#include "buf.h"

/* All zero it is ready. */
struct said {
	struct buf	last;	/* the last line that is not blank, filtered */
	struct buf	line;	/* said's own: a line that is not whole */
};

/* Takes the next n bytes; a line that is very long comes in parts. */
void	said_add(struct said *s, const char *p, size_t n);

/* The end: what is left is a line as well. */
void	said_end(struct said *s);

void	said_free(struct said *s);

#endif
