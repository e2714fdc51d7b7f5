/*
 * try: what came of one try of a request, once its exchange has ended: an
 * answer, or a failure, with its reason and whether another try may do better.
 * No I/O; when another try is made is batch's.
 */
#ifndef TRY_H
#define TRY_H

#include <stdbool.h>

#include "buf.h"
#include "lane.h"
#include "outcome.h"
#include "result.h"

struct try {
	int		 status;	/* 0: an answer; else <sysexits.h>'s */
	bool		 retry;		/* another try may do better */
	long		 wait_ms;	/* how long the server asks to wait; -1: it does not */
	const char	*message;	/* why it failed, secrets hidden; borrowed from o */
};

/*
 * Judges the lane's exchange, which has ended. There is an answer only where the
 * transfer was good as well; of two faults the one that says more counts, as
 * diag_worst has it: an error in the stream before the cut that followed it. o's
 * memory is used again.
 */
struct try try_judge(struct lane *lane, struct outcome *o);

/*
 * Sets all of the result that the try makes, but its task; out is for what has to
 * be made, and must live as long.
 */
void	try_result(const struct lane *lane, const struct try *t,
	    struct result *r, struct buf *out);

#endif
