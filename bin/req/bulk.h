/*
 * bulk: requests made of the records of files or standard input by a jq program, each
 * written as a line of an OpenAI batch file. Not for sending them.
 */
#ifndef BULK_H
#define BULK_H

#include <stdbool.h>

#include "compose.h"

struct bulk {
	const char	*each;	/* the program that makes a prompt or a request of a record,
				   or "@FILE" (jq's own formats, "@json", are programs) */
	const char	*id;	/* the one that names it; NULL: the record's number */
	bool		 raw;	/* records are lines, as strings */
	char		**files; /* of records, "-" for standard input; borrowed */
	int		 nfiles; /* none: standard input */
};

/*
 * Writes a line for each result of each record; c has been started. A record
 * that makes no request is said, with its number, and the others go on; where none
 * makes one, for the same reason, that is said once. Returns the status: 0, 65 when
 * there was such a record, or io's.
 */
int	bulk_run(const struct bulk *b, const struct compose *c);

#endif
