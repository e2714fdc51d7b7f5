/*
 * door: which requests are let in, and what is answered at once: who asks, where,
 * and whether the body is a request of the API's page. Not for the answers that
 * take their time.
 */
#ifndef DOOR_H
#define DOOR_H

#include <stdbool.h>

#include "exchange.h"
#include "keys.h"

/* Ids that can be asked for, borrowed. */
struct door_ids {
	const char *const	*ids;
	size_t			 n;
};

struct door {
	const struct keys	*keys;		/* NULL: no key is asked for */
	bool			 unlisted;	/* any mode and model will do */
	struct door_ids		 modes, models;	/* what lists tell of */
};

/*
 * Looks at a request's head. Where it is let in to no more than a response that
 * is known already, x has that response. closing: the server is to end.
 */
void	door_head(const struct door *d, struct exchange *x, const char *path,
	    const char *method, bool closing);

/* Takes n bytes of its body. */
void	door_body(struct exchange *x, const char *p, size_t n);

/*
 * The request is whole: true where it is one for an answer; else x has a response.
 */
bool	door_whole(const struct door *d, struct exchange *x);

#endif
