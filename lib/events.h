/*
 * events: the records of the filters that read events, one after the other, from
 * files. Not for bodies as they come from the wire: those are sse's.
 *
 *	events_start(&e, files, nfiles, max, one);
 *	while ((got = events_next(&e, &c)) != EVENTS_END)
 *		…
 *	status = events_stop(&e);
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "chunk.h"
#include "io.h"

struct events {
	/* All of it is events' own. */
	struct io_in		 in;
	struct chunk_reader	*reader;
	bool			 open;		/* a file is being read */
	bool			 one;
	int			 status;
};

enum events_got {
	EVENTS_END,	/* all files were read */
	EVENTS_CHUNK,	/* *c is a record, borrowed until the next call */
	EVENTS_GAP,	/* an answer that is open ends here */
};

/*
 * Starts on the files (borrowed; standard input where there are none). A record
 * may be max bytes long; one: a file is one answer, whatever stands in it.
 */
void	events_start(struct events *e, char **files, int nfiles, size_t max,
	    bool one);

/*
 * What comes next. An answer ends with its file and, unless a file is one answer, at
 * a line that is empty but for white space. A line that is no JSON, or too long, is said with its number
 * and ends its file: what follows it is unknown.
 */
enum events_got events_next(struct events *e, const struct chunk **c);

/*
 * Ends it. Returns 0; 65 after such a line; 66 where all was empty, in silence,
 * or a file could not be read; 74.
 */
int	events_stop(struct events *e);

#endif
