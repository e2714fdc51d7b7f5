/*
 * timers: things that wait, the one whose time comes first in front. Not for
 * waiting itself: the caller sleeps as long as timers_wait says.
 */
#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stddef.h>

struct timer {
	long long	 due;	/* milliseconds, of now_ms */
	void		*what;
};

/* All zero it is empty and ready. */
struct timers {
	struct timer	*heap;	/* timers' own: a binary heap */
	size_t		 n;	/* how many wait */
	size_t		 cap;	/* timers' own */
};

/*
 * Lets what (borrowed until timers_next gives it back) wait until due. True when
 * nothing that waits is due before it: the caller may have to wake earlier.
 */
bool	timers_add(struct timers *t, void *what, long long due);

/* Takes out the first of those that are due at now; NULL when none is. */
void	*timers_next(struct timers *t, long long now);

/* Milliseconds from now until the next is due, as poll(2) has them: -1 for none. */
int	timers_wait(const struct timers *t, long long now);

/* Frees the heap; what still waits is forgotten. */
void	timers_free(struct timers *t);

#endif
