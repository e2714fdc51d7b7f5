/*
 * ensemble: a run from its first call to the last byte of its answer: rounds, quorum and
 * patience, judges, how the answers are merged, and what it ends with.
 */
#ifndef ENSEMBLE_H
#define ENSEMBLE_H

#include "ask.h"
#include "client.h"
#include "panel.h"
#include "question.h"
#include "run.h"
#include "target.h"

/* Who is asked, resolved; all borrowed. */
struct ensemble {
	const struct panel	*panel;
	const struct question	*q;
	const struct ask	*ask;
	struct targets		*targets;
	struct target		**members;	/* of each of those asked */
	struct target		**mains;	/* who may write the final answer */
	size_t			 nmains;	/* 0: one of those that answered */
	struct target		*judge;		/* NULL: none */
};

/*
 * Asks them and writes the body to standard output. c's http is open. Returns the
 * status, the reason then said on standard error, or in the stream where that has
 * begun. A signal ends the program, after an error in the stream.
 */
int	ensemble_run(const struct run_options *o, const struct ensemble *e,
	    struct client *c);

#endif
