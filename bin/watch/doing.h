/*
 * doing: what one thread of an ensemble is doing, as its chunks tell it, and in
 * words. Not for what its answer is made of: that is fold's.
 */
#ifndef DOING_H
#define DOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "chunk.h"

enum doing_what {
	DOING_WAITING,		/* nothing so far */
	DOING_THINKING, DOING_SEARCHING, DOING_READING, DOING_WRITING,
	DOING_RETRYING,		/* it failed, and is to be tried again */
	DOING_FAILED,
	DOING_DONE,
};

/* Zeroed it is waiting; owns its buf. */
struct doing {
	enum doing_what	 what;
	struct buf	 about;		/* query, host or message, harmless to a terminal */
	size_t		 text;		/* characters since the last text-start */
	size_t		 all;		/* characters of all texts */
	uint32_t	 half;		/* of the text, see json_join */
	long long	 retry_at;	/* where retrying: seconds since 1970; -1: now */
	bool		 announced;	/* that was still to come */
};

/*
 * Takes in a chunk of the thread, wall being the time in seconds since 1970.
 * True when it does something else than before, not only more of it.
 */
bool	doing_add(struct doing *d, const struct chunk *c, long long wall);

/* Whether it is over, for all that is known. */
bool	doing_over(const struct doing *d);

/* It writes, which is known from elsewhere. True when it did not before. */
bool	doing_write(struct doing *d);

/* It has failed, with that message, and is not tried again. */
void	doing_fail(struct doing *d, const char *message, size_t n);

/*
 * Appends what it is doing, at the time wall. thinking and text are the
 * characters to tell of; 0 are not told.
 */
void	doing_words(struct buf *out, const struct doing *d, size_t thinking,
	    size_t text, long long wall);

/* Appends a number of characters: 812 chars, 3.2k chars, 1.0M chars. */
void	doing_chars(struct buf *out, size_t n);

/*
 * Appends the first characters of a text, as many as the widest window shows, as
 * a line that is harmless to a terminal, white space being single spaces.
 */
void	doing_shorten(struct buf *out, const char *p, size_t n);

#endif
