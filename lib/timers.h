/*
 * timers: deadlines, the earliest first, as many as there are connections that
 * wait. Not for waiting itself: the caller sleeps as long as timers_wait says.
 */
#ifndef TIMERS_H
#define TIMERS_H

#include <stddef.h>

/* Part of what waits; all zero it waits for nothing. */
struct timer {
	long long	 due;	/* milliseconds, of now_ms */
	size_t		 place;	/* where it stands: 1 is the next one, 0 nowhere */
};

/* All zero it is empty and ready. */
struct timers {
	struct timer	**heap;	/* the array is owned, the timers are borrowed */
	size_t		  n, cap;
};

/* Adds a timer that is in no heap yet; it must live until it is out again. */
void	timers_add(struct timers *t, struct timer *timer, long long due);

/* Takes out the next timer that is due at now; NULL when none is. */
struct timer *timers_next(struct timers *t, long long now);

/* Milliseconds from now until the next is due, as poll(2) has them: -1 for none. */
int	timers_wait(const struct timers *t, long long now);

/* Frees the array; the timers left are forgotten. */
void	timers_free(struct timers *t);

#endif
