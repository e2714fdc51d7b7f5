/*
 * pace: tells when the next request of a batch may be sent. It limits how many are
 * under way and how many are sent a second, and holds all back while the service
 * wants that. Pure arithmetic on a clock that the caller reads.
 *
 * The number at once follows the congestion control of TCP: halved when the
 * service says 429, one more for each round that went well (additive increase,
 * multiplicative decrease).
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>

/* Times are milliseconds. */
struct pace {
	/* Set by the caller, the rest zero: */
	double		window;		/* how many at once, from 1 to max; max at first */
	unsigned	max;
	double		interval;	/* between starts, on average; 0: as many as go */
	/* The rest is pace's own. */
	double		next;		/* the next start of the schedule */
	long long	hold;		/* nothing is sent before */
	long long	cut;		/* when the window was last halved */
	long long	tick;		/* starts are counted since */
	unsigned	started;
};

/*
 * How many milliseconds until another request may be sent while so many are
 * under way: 0 for now, -1 for not before one of them has ended. Where it is
 * weeks, so many that asking again is in time.
 */
long	pace_wait(const struct pace *p, long long now, unsigned active);

/* A request is being sent. */
void	pace_start(struct pace *p, long long now);

/*
 * The service said 429 to a request that was sent at started, and asked for so
 * many milliseconds: nothing is sent until then. True where this halved the
 * window: what was sent before the last halving does not count again.
 */
bool	pace_limit(struct pace *p, long long now, long long started, long wait);

/* A request went well. True where one more may be under way than before. */
bool	pace_ease(struct pace *p);

#endif
