/*
 * batch: the loop of supai-batch, and its beginning and end. It reads jobs from
 * feed, waits until pace lets one go, sends it, judges the try, and hands the result
 * to output; or it lets the job wait for another try, or sees that none makes sense.
 * When nothing can be done it waits for bytes, for time, for input and for signals.
 */
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "client.h"

struct batch_options {
	unsigned	 jobs;		/* how many at once, at most */
	double		 rate;		/* how many a second; 0: no limit */
	const char	*output;	/* the results file; NULL: standard output */
	bool		 ordered;	/* results in the order of the input */
	unsigned	 also;		/* request_check's */
	bool		 verbose, quiet, progress;
	size_t		 max;		/* the longest line, and event, in bytes */
};

/*
 * Runs the requests of the files (at least one; "-": standard input) over c,
 * which client_resolve has been called on. Returns the status: 0; 1 when some
 * failed; 77 when the key is refused, 75 and 69 when it made no sense to go on;
 * or what feed and store end with. Ends the program by SIGINT after one.
 */
int	batch_run(const struct batch_options *o, struct client *c, char **files,
	    int nfiles);

#endif
