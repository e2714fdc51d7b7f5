/*
 * records: the JSON records of files or standard input, for a filter to run on. Not for
 * the service's answers: those are lines, and io's and chunk's.
 *
 * Where a file's first line is one whole JSON value, every line is one, and a bad
 * one is a fault of its own. Else values may stand on several lines, or several
 * on one, as jq reads them, up to the first bad one. Raw records are lines, taken as strings.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "io.h"
#include "json.h"

struct records {
	/* Of the record given last: */
	unsigned long	 number;	/* from 1 */
	struct json	 value;		/* borrowed until the next; a string where raw */
	bool		 raw;		/* they are lines, taken as strings */
	struct io_in	 in;		/* its name is the file's, as messages have it */
	/* The rest is records' own. */
	struct buf	 quoted;	/* a raw one */
	struct buf	 held;		/* values that may stand on several lines */
	size_t		 at;
	struct json_scan scan;		/* of the value at at; scanned of its bytes seen */
	size_t		 scanned;
	bool		 lines, values, ended;
};

enum records_got {
	RECORDS_END,
	RECORDS_VALUE,
	RECORDS_BAD,	/* the record is no JSON, no text or too long: why says */
};

/*
 * Starts on files (borrowed; "-" is standard input), or on standard input where there
 * are none; max is the longest record, in bytes.
 */
void	records_start(struct records *r, char **files, int nfiles, bool raw,
	    size_t max);

/* The next record; or why it is none, appended. */
enum records_got records_next(struct records *r, struct buf *why);

/*
 * The status of the input, together with the tool's own: io_status's, but where there was
 * no record it is 66 and said.
 */
int	records_status(const struct records *r, int status);

void	records_stop(struct records *r);

#endif
