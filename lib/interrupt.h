/*
 * interrupt: SIGINT and SIGTERM, counted, for a loop that ends in good order
 * at the first and at once at the second.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* Catches both, but for one that was ignored when the program started. */
void	interrupt_catch(void);

/* A descriptor that is readable once a signal has come. */
int	interrupt_fd(void);

/* Whether a second one has come: whoever is in the middle of something stops. */
bool	interrupt_at_once(void);

/* How many have come since interrupt_catch; sets *sig to the first one. */
int	interrupt_count(int *sig);

/* Ends the program as the signal does where nobody catches it. */
_Noreturn void interrupt_die(int sig);

#endif
