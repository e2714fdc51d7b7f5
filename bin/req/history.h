/*
 * history: the messages of a conversation that was had, out of what tools and
 * scripts keep: messages, arrays of them, requests and completions. Not for
 * keeping one.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "buf.h"

/*
 * Appends the messages of the JSON values in n bytes, in their order, to the
 * array: of an array its elements', of a request its messages, of a completion
 * choices[0].message. lax: as request_check has it. False with why (and the line) when a value is none of
 * these or a message is not as the API's page has it.
 */
bool	history_add(jv *messages, const char *p, size_t n, unsigned lax,
	    struct buf *why);

#endif
