/*
 * reply: what the mock says: answers as the API gives them, streamed or whole,
 * recordings, errors. Bytes and where their events end; sending them, and
 * failing to, is mock's.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "endpoint.h"
#include "json.h"

/*
 * One response's body. All zero it is empty. A stream's events are its
 * server-sent events, "[DONE]" being the last; any other body counts as two
 * events, its halves.
 */
struct reply {
	struct buf	 body;
	size_t		*ends;	/* where in the body each event ends; owned */
	size_t		 n, cap;
	bool		 stream;
	const char	*type;	/* its media type; a constant */
};

/* Whether a member of an object is true. */
bool	reply_asked(struct json object, const char *name);

/* The text of the last user message, its parts joined by newlines, into out. */
void	reply_echo(struct json request, struct buf *out);

/*
 * The answer to a checked request that says text (UTF-8): a stream or a
 * completion, with usage and supai chunks, as the request asks, and where logprobs
 * is true with those. number makes its id.
 */
void	reply_answer(struct reply *r, struct json request,
	    unsigned long number, const struct buf *text, bool logprobs);

/*
 * A stream of recorded events: NDJSON, one event's data a line, passed on byte
 * for byte.
 */
void	reply_recording(struct reply *r, const char *ndjson, size_t n);

/*
 * The answer's text in recorded events: the content of its chunks, or else
 * what the thread main says after its last text-start.
 */
void	reply_recorded_text(const char *ndjson, size_t n, struct buf *out);

/* An error object as a body. */
void	reply_error(struct reply *r, const struct endpoint_error *e);

/* Any bytes as a body that is no stream. */
void	reply_bytes(struct reply *r, const char *type, const void *p, size_t n);

void	reply_free(struct reply *r);

#endif
