/*
 * waiting: the line that tells a person at a terminal that nothing is lost, only
 * slow. It comes after a while and goes when the answer begins.
 */
#ifndef WAITING_H
#define WAITING_H

/* Starts, where standard error is a terminal that can take a line back. */
void	waiting_start(void);

/* Shows what is due; the milliseconds until there is more to show, -1: never. */
int	waiting_show(void);

/* Takes the line away, for something else to be written there; it comes again. */
void	waiting_hide(void);

/* Takes it away for good. */
void	waiting_end(void);

#endif
