/*
 * try: what came of one try of a request, once its exchange has ended: an
 * answer, or a failure, with its reason and whether another try may do better.
 * No I/O; when another try is made is batch's.
 */
#ifndef TRY_H
#define TRY_H

#include <stdbool.h>

#include "buf.h"
#include "json.h"
#include "lane.h"
#include "outcome.h"

struct try {
	int		 status;	/* 0: an answer; else <sysexits.h>'s */
	bool		 retry;		/* another try may do better */
	long		 wait_ms;	/* how long the server asks to wait; -1: it does not */
	const char	*message;	/* why it failed; borrowed from the lane and o */
};

/*
 * Judges the lane's exchange, which has ended. There is an answer only where the
 * transfer was good as well; of two faults the one that says more counts, as
 * diag_worst has it: an error in the stream before the cut that followed it. o's
 * memory is used again.
 */
struct try try_judge(struct lane *lane, struct outcome *o);

/* Whether the exchange's response was a 2xx. */
bool	try_is_good(const struct http_exchange *x);

/* What failed, as one word; code is for one that has to be made. */
const char *try_code(const struct lane *lane, const struct try *t,
	    struct buf *code);

/*
 * The response's body as JSON on one line, its text as a string where it is none;
 * out is for what has to be made. JSON_NONE: it is empty.
 */
struct json try_body(const struct lane *lane, struct buf *out);

#endif
