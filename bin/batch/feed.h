/*
 * feed: reads a batch's input as it is needed, and tells which lines are to be asked
 * and which have their answer already. What a line says is task's.
 */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "idset.h"
#include "io.h"
#include "tally.h"
#include "task.h"

struct feed {
	struct io_in	 in;
	unsigned long	 lines;		/* read so far, but for blank ones */
	unsigned long	 changed;	/* answered before, but edited since */
	struct buf	 first_changed;	/* the id of the first of these */
	bool		 ended;		/* there are no more lines */
	struct idset	 ids;		/* what was answered before, and what is read */
	/* The rest is feed's own. */
	struct tally	*tally;
	unsigned	 also;
	bool		 open;
	double		 bytes;		/* of all files; negative: not known */
	double		 past;		/* of the files before this one */
};

enum feed_got {
	FEED_TASK,	/* one that is to be asked */
	FEED_BAD,	/* a line that is none: t->code and t->why */
	FEED_SKIP,	/* a line that needs nothing */
	FEED_WAIT,	/* there is none yet: poll feed->in.fd */
	FEED_END,
};

/*
 * Starts on the files; f is zero but for the ids that were answered before. max is the
 * longest line; tally, borrowed, counts all lines, and those that have their answer;
 * also is request_check's.
 */
void	feed_start(struct feed *f, char **files, int nfiles, size_t max,
	    struct tally *tally, unsigned also);

/* The next line; never waits. */
enum feed_got feed_next(struct feed *f, struct task *t);

void	feed_stop(struct feed *f);

#endif
