/*
 * hope: whether it makes sense for a batch to go on after a request has failed
 * for good: a key that is refused, or a service that nobody reaches, would fail
 * all the others as well. Pure; what is done about it is batch's.
 */
#ifndef HOPE_H
#define HOPE_H

#include <stdbool.h>

#include "lane.h"
#include "try.h"

/* All zero at first. */
struct hope {
	unsigned	 refused;	/* tries in a row that ended with 77 */
	bool		 answered;	/* one has been: the key is good */
	long long	 heard;		/* when a response came last; 0: never */
};

/* Takes in a try that has just ended. */
void	hope_note(struct hope *h, const struct lane *lane, const struct try *t,
	    long long now);

/*
 * Whether a failure for good, which hope_note has seen, is surely everyone's:
 * descriptors or memory ran out; the key is refused or the quota spent; eight forbidden requests in a row, where
 * each may have been forbidden for itself; the service asks for more than two
 * minutes; nothing was heard of the service since the request was first sent.
 */
bool	hope_lost(const struct hope *h, const struct lane *lane,
	    const struct try *t);

#endif
