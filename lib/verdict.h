/*
 * verdict: what an answer that has ended is worth, as a status, and why: said on
 * standard error, or where the caller gives a buf for it, appended to that. The order of the questions is the order of the statuses.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>

#include "fold.h"

/*
 * 0 for an answer that is whole; else an error's status (69, 75, 77), or 76.
 * whole is fold_whole's word or, for threads, the tool's own.
 */
int	verdict_end(const struct fold_answer *a, bool whole, struct buf *why);

/*
 * 0 where the choice of that index (-1: every one) has finished because it had
 * said all: stop, tool_calls, function_call; 1 for any other finish reason.
 */
int	verdict_finish(const struct fold_answer *a, long index);

/* 1, for an answer that is whole but holds no text, or no thinking ("what"). */
int	verdict_empty(const struct fold_answer *a, long index, const char *what,
	    struct buf *why);

#endif
