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

struct completion;

/* An empty one, owned; freed by completion_free. */
struct completion *completion_new(void);

/*
 * Takes in a CHUNK_DELTA, or a CHUNK_COMPLETION, whose record must outlive c.
 * Others bring nothing that fold does not keep.
 */
void	completion_add(struct completion *c, const struct chunk *chunk);

/*
 * The object of an answer that has ended, one line of JSON, and its choices, an
 * array in it: a record that came whole as it came, if that is UTF-8; else
 * written behind what out holds, which stays the caller's: choices merged by
 * index, finish_reason null where it was cut, the member error where there was
 * one, the member supai where there were chunks of the ensemble (thinking: with
 * the threads' thinking). Where nothing else came, main's text is the message.
 * Numbers stay as they were written.
 */
struct json completion_json(const struct completion *c,
	    const struct fold_answer *a, bool thinking, struct buf *out,
	    struct json *choices);

void	completion_free(struct completion *c);

/* Whether one of such choices holds text or calls tools. */
bool	completion_answers(struct json choices);

/* The message of the first one; JSON_NONE where there is none. */
struct json completion_message(struct json choices);

#endif
