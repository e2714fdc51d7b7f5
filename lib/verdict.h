/*
 * verdict: the status that an answer which has ended deserves, and why. Its questions
 * come in the order of the statuses.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>

#include "buf.h"
#include "fold.h"

enum { VERDICT_ALL = -1, VERDICT_NONE = -2 };

/* What is asked of an answer. */
struct verdict_ask {
	bool		 whole;		/* by fold_whole, or by the tool for a part of it */
	long		 choice;	/* that has to end well, VERDICT_ALL or VERDICT_NONE */
	bool		 any_finish;	/* any finish reason is good */
	bool		 any;		/* there is some of what is asked for */
	const char	*what;		/* which is called so: "text", "thinking" */
};

/*
 * 0; an error's status (65, 69, 75, 77); 69 for an end that is the service's failure; 65
 * for an answer that is too large, or torn; 76 for one that is not whole; 1 for one that
 * was refused, ended badly, or has nothing of what is asked for. The reason is appended
 * to why, or said where why is NULL; why it is torn has been said before.
 */
int	verdict_of(const struct fold *f, const struct verdict_ask *ask,
	    struct buf *why);

/*
 * Why a choice (VERDICT_ALL: any of them) did not end well: VERDICT_REFUSAL, or a
 * finish reason that is no good end; borrowed from f. NULL where it did, or has not
 * finished.
 */
#define VERDICT_REFUSAL "refusal"
const char *verdict_short(const struct fold *f, long choice);

/* Whether a finish reason says that the service failed, which another try may mend. */
bool	verdict_failed(const char *reason);

/*
 * Appends ": KEY failed: …", the last reason, where a thread (NULL: none) failed
 * and has no text.
 */
void	verdict_failure(const struct fold_thread *t, struct buf *out);

/*
 * The gate: 0 where the median confidence of the final models, those that have one from
 * 0 to 1, is min or more; else 1, and why is said.
 */
int	verdict_confidence(const struct fold *f, double min);

/* 0 where a thread's key matches key, a pattern; else 1, and that is said. */
int	verdict_thread(const struct fold *f, const char *key);

#endif
