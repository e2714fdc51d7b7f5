/*
 * spool: a request's body, in memory while it is short, in a file without a name
 * where it is longer: what many clients send slowly takes no memory.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct spool {
	size_t		 n;	/* bytes of it */
	struct buf	 text;	/* the bytes, while there is no file */
	int		 file;	/* a descriptor, its offset after what was written; -1 */
};

void	spool_start(struct spool *s);

/* Adds n bytes. False with errno set where the file failed. */
bool	spool_add(struct spool *s, const char *p, size_t n);

/* Puts all of it into out, which is empty, and goes to the file's start. False: errno. */
bool	spool_read(struct spool *s, struct buf *out);

/* Frees what it holds; it is as started. */
void	spool_free(struct spool *s);

#endif
