/*
 * completion: the chat.completion object that the chunks of an answer make, as
 * the service would have sent it in one piece, and what is known of the
 * ensemble beside it. The answer's state is fold's, this adds what it holds.
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
 * Takes in a chunk that fold has just taken into its answer. The ensemble's bring
 * nothing that fold does not keep.
 */
void	completion_add(struct completion *c, const struct fold *f,
	    const struct chunk *chunk);

/*
 * Appends the object of an answer that has ended, one line of JSON: a record that
 * came whole as it came; else choices merged by index, finish_reason null where
 * it was cut, the member error where there was one, the member supai where there
 * were chunks of the ensemble: of its threads those whose key matches (NULL: all),
 * with their thinking where that is kept. Where nothing else came, main's text is the
 * message. Numbers stay as they were written.
 */
void	completion_write(const struct completion *c, const struct fold *f,
	    const char *key, struct buf *out);

/* Forgets all: it is ready for another answer. */
void	completion_clear(struct completion *c);

/* The message of such an object's first choice; JSON_NONE where there is none. */
struct json completion_message(struct json completion);

#endif
