/*
 * events: the records of the filters that read events, one after the other, from files
 * or as the caller has them. Nearly every record of a stream is like one that came
 * shortly before it, but for the piece of text that it brings: what equals bytes that
 * were checked is not looked at again. Not for bodies as they come from the wire: those
 * are sse's; nor for what a record is about: that is chunk's.
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

/*
 * Reads records as chunk_read does, sooner. events_reader makes one, owned until
 * events_free_reader. What it reads is borrowed until the next call, and no longer
 * than the record.
 */
struct events_reader;
struct events_reader *events_reader(void);
void	events_free_reader(struct events_reader *r);

/* The record of n bytes. NULL, with the fault, where it is not JSON. */
const struct chunk *events_read(struct events_reader *r, const char *record,
	    size_t n, struct json_fault *fault);

/*
 * The record with which the n bytes at p begin, and its length, where that is like one
 * that was read and a newline or nothing follows it; else NULL.
 */
const struct chunk *events_known(struct events_reader *r, const char *p, size_t n,
	    size_t *length);

struct events {
	/* All of it is events' own. */
	struct io_in		 in;
	struct events_reader	*reader;
	bool			 open;		/* a file is being read */
	bool			 one;
	int			 status;
};

enum events_got {
	EVENTS_END,	/* all files were read */
	EVENTS_CHUNK,	/* *c is a record, borrowed until the next call */
	EVENTS_GAP,	/* an answer that is open ends here, */
	EVENTS_TORN,	/* or rather its file does, in a line that is bad */
};

/*
 * Starts on the files (borrowed; standard input where there are none). A record
 * may be max bytes long; one: a file is one answer, whatever stands in it.
 */
void	events_start(struct events *e, char **files, int nfiles, size_t max,
	    bool one);

/*
 * What comes next. An answer ends with its file and, unless a file is one answer, at a
 * line that is empty but for white space. A line that is no JSON, or too long, is said
 * with its number and ends its file: what follows it is unknown.
 */
enum events_got events_next(struct events *e, const struct chunk **c);

/*
 * Ends it. Returns 0; 65 after such a line; 66 where all was empty, in silence,
 * or a file could not be read; 74.
 */
int	events_stop(struct events *e);

#endif
