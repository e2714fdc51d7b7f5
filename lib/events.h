/*
 * events: the loop of the filters that read events: files, lines, chunks.
 * Not for bodies as they come from the wire: those are sse's.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stddef.h>

#include "chunk.h"

struct events {
	/* A record, borrowed for the call. */
	void	(*add)(const struct chunk *c, void *arg);
	/* A file is at its end: no answer goes on in the next one. */
	void	(*end_file)(void *arg);
	void	 *arg;
};

/*
 * Reads the files (standard input where there are none) and hands over their
 * records. Returns 0; 65 where a line was no JSON, which was said with its
 * number and ended that file; 66 where all was empty, in silence, or a file
 * could not be read. A record over max bytes ends the tool with 65.
 */
int	events_read(const struct events *e, char **files, int nfiles, size_t max);

#endif
