/*
 * when: things that wait, the one whose time comes first in front. Not for
 * waiting itself: the caller sleeps as long as when_wait says.
 */
#ifndef WHEN_H
#define WHEN_H

#include <stdbool.h>
#include <stddef.h>

struct when_timer {
	long long	 due;	/* milliseconds, of now_ms */
	void		*what;
};

/* All zero it is empty and ready. */
struct when {
	struct when_timer	*heap;	/* when's own: a binary heap */
	size_t		 n;	/* how many wait */
	size_t		 cap;	/* when's own */
};

/*
 * Lets what (borrowed until when_next gives it back) wait until due. True when
 * nothing that waits is due before it: the caller may have to wake earlier.
 */
bool	when_add(struct when *t, void *what, long long due);

/* Takes out the first of those that are due at now; NULL when none is. */
void	*when_next(struct when *t, long long now);

/* Milliseconds from now until the next is due, as poll(2) has them: -1 for none. */
int	when_wait(const struct when *t, long long now);

/* Frees the heap; what still waits is forgotten. */
void	when_free(struct when *t);

#endif
