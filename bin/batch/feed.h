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
	/* The rest is feed's own. */
	struct idset	*ids;
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
 * Starts on the files; max is the longest line. ids, borrowed, knows what was answered
 * before and learns what is read; tally, borrowed, counts the lines that have their
 * answer. also is request_check's.
 */
void	feed_start(struct feed *f, char **files, int nfiles, size_t max,
	    struct idset *ids, struct tally *tally, unsigned also);

/* The next line; never waits. */
enum feed_got feed_next(struct feed *f, struct task *t);

/* How many lines there are in all, roughly before the end; negative: not known. */
double	feed_all(const struct feed *f);

void	feed_stop(struct feed *f);

#endif
