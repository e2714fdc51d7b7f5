/*
 * completion: the chat.completion object that the chunks of an answer make, as
 * the service would have sent it in one piece, and what is known of the
 * ensemble beside it. The answer's state is fold's, this adds what it holds.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <stdbool.h>

#include <jv.h>

#include "chunk.h"
#include "fold.h"

struct completion;

/* An empty one, owned; freed by completion_free. */
struct completion *completion_new(void);

/* Takes in a CHUNK_DELTA (others bring nothing that fold does not keep). */
void	completion_add(struct completion *c, const struct chunk *chunk);

/*
 * The object of an answer that has ended, owned by the caller: choices merged by
 * index, finish_reason null where it was cut, the member error where there was
 * one, the member supai where there were chunks of the ensemble (thinking: with
 * the threads' thinking). Where nothing else came, main's text is the message.
 */
jv	completion_value(const struct completion *c, const struct fold_answer *a,
	    bool thinking);

void	completion_free(struct completion *c);

/* Whether a choice of such an object holds text or calls tools; v is kept. */
bool	completion_answers(jv v);

/* The message of its first choice, owned; null where there is none. v is kept. */
jv	completion_message(jv v);

#endif
