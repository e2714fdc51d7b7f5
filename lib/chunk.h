/*
 * chunk: the one reader of records: what an event, a completion or a batch
 * result is about, as slices of the record. Not for what it means for an
 * answer: that is fold's.
 */
#ifndef CHUNK_H
#define CHUNK_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

enum chunk_kind {
	CHUNK_OTHER,		/* any other JSON value: nothing to us */
	CHUNK_DELTA,		/* a chat.completion.chunk */
	CHUNK_COMPLETION,	/* a whole chat.completion */
	CHUNK_SUPAI,		/* a chunk of the ensemble */
	CHUNK_RESULT,		/* a line of a batch's output */
	CHUNK_ERROR,		/* {"error": …} */
};

/* The types of the ensemble's chunks. */
enum chunk_type {
	CHUNK_UNKNOWN,
	CHUNK_CONFIDENCE_SCORE,
	CHUNK_DONE,
	CHUNK_FAILURE,		/* "error": of one thread, not of the answer */
	CHUNK_FETCH_URL_CALL,
	CHUNK_FETCH_URL_RESULT,
	CHUNK_FILE_START,
	CHUNK_GOOGLE_SEARCH_RESULTS,
	CHUNK_RETRY,
	CHUNK_RUN_CONSENSUS,
	CHUNK_RUN_MODE_CALL,
	CHUNK_RUN_MODE_RESULT,
	CHUNK_SOURCE,
	CHUNK_TEXT,
	CHUNK_TEXT_START,
	CHUNK_THINKING,
	CHUNK_THINKING_START,
	CHUNK_WEB_SEARCH_CALL,
	CHUNK_WEB_SEARCH_RESULT,
};

/* What may be said, as bits. */
enum chunk_voice {
	CHUNK_SAYS_TEXT = 1, CHUNK_SAYS_THINKING = 2, CHUNK_SAYS_REFUSAL = 4,
	CHUNK_SAYS_CALL = 8,	/* of a tool */
};

/* One of the choices of a delta or a completion. */
struct chunk_choice {
	long		index;
	struct json	value;		/* the choice itself */
	struct json	delta;		/* its delta; where it has none, its message */
	struct json	role;		/* of that; a string, and not an empty one */
	struct json	content;	/* of that: text, parts, or its audio's words */
	struct json	thinking;	/* likewise, by whatever name */
	struct json	refusal;	/* a text */
	struct json	finish;		/* finish_reason; none where it is empty */
	unsigned	voices;		/* what it says, bits of enum chunk_voice; 0: nothing */
};

/* Every slice is borrowed from the record and is JSON_NONE where it has none. */
struct chunk {
	enum chunk_kind	 kind;
	struct json	 value;		/* the record itself */
	struct json	 error;		/* of any kind: where apierror_is */
	/* CHUNK_DELTA, CHUNK_COMPLETION */
	struct json	 id;
	struct json	 choices;
	bool		 single;	/* there is one choice, this; see chunk_choices */
	struct chunk_choice choice;
	struct json	 usage;
	struct json	 supai;		/* the threads of a folded completion */
	/* CHUNK_SUPAI */
	enum chunk_type	 type;
	struct json	 body;		/* the chunk's own object */
	struct json	 key;		/* the thread's; none on what is of the run */
	struct json	 model;
	struct json	 text;		/* of text and thinking */
	struct chunk_member {
		struct json	name, value;
	} members[8];			/* of body, see chunk_get */
	unsigned	 nmembers;
	/* CHUNK_RESULT */
	struct json	 custom_id;
	struct json	 completion;	/* the response's body; none where it failed */
	const char	*plain;		/* a string without an escape, all ASCII; or NULL */
};

/*
 * Reads one record of n bytes, which stay the caller's and must outlive *c.
 * False, with the fault, where it is not JSON.
 */
bool	chunk_read(struct chunk *c, const char *record, size_t n,
	    struct json_fault *fault);

/* The same for a value that was checked already. */
void	chunk_of(struct chunk *c, struct json value);

/* The value of body's last member of that name; JSON_NONE where there is none. */
struct json chunk_get(const struct chunk *c, const char *name);

/*
 * What json_join and json_chars say of a string of the record, sooner where most
 * of it is known.
 */
static inline void
chunk_text(const struct chunk *c, struct json string, struct buf *out,
    uint32_t *half)
{
	if (string.p != c->plain || string.p == NULL) {
		json_join(string, out, half);
		return;
	}
	buf_add(out, string.p + 1, string.n - 2);
	*half = 0;
}

static inline size_t
chunk_chars(const struct chunk *c, struct json string, uint32_t *half)
{
	if (string.p != c->plain || string.p == NULL)
		return json_chars(string, half);
	*half = 0;
	return string.n - 2;
}

/*
 * Walks the choices:
 *	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
 * A choice that is no object is passed over; one without an index is number 0.
 * What chunk_choice returns is borrowed until it is called again.
 */
struct chunk_iter {
	const struct chunk_choice *single;	/* the only one, still to come */
	struct json_iter	   i;
	struct chunk_choice	   choice;
};
void	chunk_choices(struct chunk_iter *i, const struct chunk *c);
const struct chunk_choice *chunk_choice(struct chunk_iter *i);

/* Whether a record says something: one of its choices does, or the ensemble. */
bool	chunk_says(const struct chunk *c);

/*
 * Appends what a choice says as text, as thinking or as a refusal, in order, each
 * string as json_join does.
 */
void	chunk_said(const struct chunk *c, const struct chunk_choice *choice,
	    enum chunk_voice voice, struct buf *out, uint32_t *half);

/*
 * The voice of an element of a content that is an array, and in *said what it
 * says, for chunk_join; 0 where it is none of these voices.
 */
unsigned chunk_part(struct json part, struct json *said);

/* json_join, also of an array of parts: what they say as text. */
void	chunk_join(struct json said, struct buf *out, uint32_t *half);

#endif
