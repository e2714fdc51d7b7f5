/*
 * ensemble: a run from its first call to the last byte of its answer: rounds, quorum and
 * patience, judges, how the answers are merged, and what it ends with.
 */
#ifndef ENSEMBLE_H
#define ENSEMBLE_H

#include "member.h"

/*
 * Asks them and writes the body to standard output; the client's http is open. Returns
 * the status, the reason then said on standard error, or in the stream where that has
 * begun. A signal ends the program, after an error in the stream.
 */
int	ensemble_run(struct run *r);

#endif
