/*
 * progress: the line about a batch that stands on standard error while it runs,
 * and is drawn anew from time to time. What it counts is tally's.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "tally.h"

/*
 * Starts at now, in milliseconds; without draw nothing is ever drawn. A message
 * that is said from here on takes the line away first, so there is one progress
 * in a program.
 */
void	progress_start(bool draw, long long now);

/* Draws the line, when it is time to. */
void	progress_draw(const struct tally *t, long long now);

/* Milliseconds until it should be drawn again; -1: never. */
long	progress_wait(long long now);

/* Takes the line away for good. */
void	progress_stop(void);

#endif
