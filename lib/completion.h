/*
 * completion: the chat.completion object that an answer's chunks add up to, as the
 * service would have sent it in one piece, with what is known of the ensemble. It
 * keeps what fold does not: the answer's state is fold's.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <stdbool.h>

#include "buf.h"
#include "chunk.h"
#include "fold.h"
#include "json.h"
#include "merge.h"

/* Zeroed it is empty and ready. */
struct completion {
	/* All of it is completion's own. */
	struct buf	 record;	/* an answer that came whole, as it came */
	struct merge	 members;	/* of the chunks, but choices */
	struct completion_choice {
		struct merge	message;
		struct merge	members;	/* the choice's others */
	}		*choices;	/* by fold's number */
	size_t		 n;
};

/*
 * Takes a chunk that fold has just taken into its answer. Chunks of the ensemble add
 * nothing: fold keeps what they say.
 */
void	completion_add(struct completion *c, const struct fold *f,
	    const struct chunk *chunk);

/*
 * Appends the object of an answer that has ended, as one line of JSON. A record that
 * came whole stays as it came. Else: the choices merged by index; finish_reason null
 * where the answer was cut; the member error where there was one; the member supai
 * where chunks of the ensemble came, with the threads whose key matches (NULL: all),
 * and their thinking where fold keeps it. Where these chunks are all that came, main's
 * text is the message. Numbers stay as they were written.
 */
void	completion_write(const struct completion *c, const struct fold *f,
	    const char *key, struct buf *out);

/* Forgets all, and is ready for another answer. */
void	completion_clear(struct completion *c);

#endif
