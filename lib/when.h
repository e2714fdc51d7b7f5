/*
 * when: time: the clock that limits and delays are counted on, the timestamps of RFC
 * 3339, and things that wait for their time. Not for waiting itself: the caller sleeps
 * as long as when_wait says. The dates of HTTP's headers are libcurl's.
 */
#ifndef WHEN_H
#define WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds of a clock that only goes on; from when, nobody knows. */
long long when_now(void);

/* Milliseconds since 1970, of the day's clock, which may jump. */
long long when_wall(void);

/* The sooner of two times, of which 0 is never. */
long long when_sooner(long long a, long long b);

/* Milliseconds until due, as poll(2) has them: -1 where that is 0, never. */
int	when_left(long long due);

/* A number by chance: another one in another process, and at another time. */
uint64_t when_chance(void);

/*
 * Whether s is a date and time as RFC 3339, section 5.6 ("date-time") has them, of a
 * day that there is. *at, where at is not NULL, is set to it in seconds since 1970,
 * fractions cut off.
 */
bool	when_read(const char *s, long long *at);

struct when_timer {
	long long	 due;	/* milliseconds, of when_now */
	void		*what;
};

/* Things that wait, the one whose time comes first in front. All zero it is empty. */
struct when {
	struct when_timer	*heap;	/* when's own: a binary heap */
	size_t		 n;	/* how many wait */
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
