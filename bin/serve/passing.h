/*
 * passing: what of an answer's output may be passed on, and when: whole events
 * as they come, its [DONE] when the answer has ended well, JSON then too. Not
 * for where it comes from or goes to.
 */
#ifndef PASSING_H
#define PASSING_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum passing_kind {
	PASSING_UNKNOWN,	/* nothing says yet what it is */
	PASSING_STREAM,
	PASSING_JSON,
	PASSING_BROKEN,		/* neither, or too long: nothing more is passed on */
};

/* All zero it is ready. */
struct passing {
	enum passing_kind	 kind;
	bool			 begun;	/* an event was passed on */
	struct buf		 out;	/* what may be passed on: the caller's to take */
	/* The rest is passing's own. */
	struct buf		 held;	/* an event that is not whole, or JSON */
	struct buf		 last;	/* the last event that was passed on, */
	struct buf		 done;	/* and the [DONE] */
	size_t			 seen;	/* bytes of held that were looked at */
	bool			 text;	/* held has a line that is not empty */
	bool			 inside;	/* and seen stands in a line */
};

/* Takes the next n bytes of the output. */
void	passing_feed(struct passing *p, const char *bytes, size_t n);

/*
 * The output is at its end; well: the answer ended with status 0. True where it is
 * whole, what was held then being in out; else what was held is dropped.
 */
bool	passing_end(struct passing *p, bool well);

/* Whether the last event that may be passed on tells of an error. */
bool	passing_told_error(const struct passing *p);

void	passing_free(struct passing *p);

#endif
