/*
 * history: the messages of a conversation that was had, out of what tools and
 * scripts keep: messages, arrays of them, requests and completions. Not for
 * keeping one.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "emit.h"

/* Where the messages go, an array's elements, and by which rules. */
struct history {
	struct emit	*messages;
	bool		 no_system;	/* those of the system are left out */
	unsigned	 lax;		/* as request_check has it */
	/* history's own. */
	struct buf	 why;
};

/*
 * Adds the messages of the JSON values in n bytes, in their order: of an array its
 * elements', of a request its messages, of a completion choices[0].message. False with
 * why (and the line) when a value is none of these or a message is not as the API's page
 * has it.
 */
bool	history_add(struct history *h, const char *p, size_t n, struct buf *why);

#endif
