/*
 * interrupt: SIGINT and SIGTERM, counted, for a loop that ends in good order
 * at the first and at once at the second.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* Catches both, but for one that was ignored when the program started. */
void	interrupt_catch(void);

/* A descriptor that has something to read when a signal has come. */
int	interrupt_fd(void);

/* Whether a second one has come, for those who are in the middle of something. */
bool	interrupt_at_once(void);

/* How many have come since interrupt_catch; *sig is the first one. */
int	interrupt_count(int *sig);

/* Ends the program as the signal does when it is not caught. */
_Noreturn void interrupt_die(int sig);

#endif
