/*
 * feed: reads a batch's input as it is needed, and tells which lines are to be asked
 * and which have their answer already. What a line says is task's.
 */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "flaws.h"
#include "idset.h"
#include "io.h"
#include "task.h"

struct feed {
	struct io_in	 in;
	unsigned long	 lines;		/* read so far, but for blank ones */
	unsigned long	 skipped;	/* of them: answered before */
	unsigned long	 changed;	/* answered before, but edited since */
	struct buf	 first_changed;	/* the id of the first of these */
	bool		 ended;		/* there are no more lines */
	/* The rest is feed's own. */
	struct idset	*ids;
	struct flaws	*flaws;
	struct idset	 repeats;
	unsigned	 also;
	bool		 open;
	double		 bytes;		/* of all files; negative: not known */
	double		 past;		/* of the files before this one */
};

enum feed_got {
	FEED_TASK,	/* one that is to be asked */
	FEED_BAD,	/* a line that is none: t->code and t->why, which names it */
	FEED_SKIP,	/* a line that needs nothing */
	FEED_WAIT,	/* there is none yet: poll feed->in.fd */
	FEED_END,
};

/*
 * Starts on the files (standard input where there are none); max is the longest
 * line. ids, borrowed, knows what was answered before and learns what is read;
 * flaws, borrowed, counts those of the answers that a line has from before. also is
 * request_check's.
 */
void	feed_start(struct feed *f, char **files, int nfiles, size_t max,
	    struct idset *ids, struct flaws *flaws, unsigned also);

/* The next line; never waits. */
enum feed_got feed_next(struct feed *f, struct task *t);

/* How many lines there are in all, roughly before the end; negative: not known. */
double	feed_all(const struct feed *f);

void	feed_stop(struct feed *f);

#endif
