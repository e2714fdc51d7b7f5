#include <math.h>

#include "pace.h"

enum {
	TICK = 10,	/* milliseconds, */
	TICK_STARTS = 50, /* in which no more than these are sent: a listener's
			     queue may be no longer than 128 */
	LATE = 20,	/* milliseconds that a schedule may be caught up */
	MOST = 1 << 30,	/* milliseconds that are waited before it is asked again */
};

long
pace_wait(const struct pace *p, long long now, unsigned active)
{
	double wait = (double)(p->hold - now);

	if (active >= (unsigned)p->window)
		return -1;
	wait = fmax(wait, ceil(p->next - (double)now));
	if (p->started >= TICK_STARTS)
		wait = fmax(wait, (double)(p->tick + TICK - now));
	return (long)fmin(fmax(wait, 0), MOST);
}

void
pace_start(struct pace *p, long long now)
{
	double late = fmax(p->interval, LATE);

	if (now >= p->tick + TICK) {
		p->tick = now;
		p->started = 0;
	}
	p->started++;
	if (p->interval <= 0)
		return;
	/* What a late timer cost is caught up; what was not wanted is not. */
	if (p->next + late < (double)now)
		p->next = (double)now;
	p->next += p->interval;
}

bool
pace_limit(struct pace *p, long long now, long long started, long wait)
{
	if (p->hold < now + wait)
		p->hold = now + wait;
	if (started <= p->cut)	/* an answer may come in the millisecond of its request */
		return false;
	p->cut = now;
	p->window = fmax(1, floor(p->window / 2));
	return true;
}

bool
pace_ease(struct pace *p)
{
	unsigned before = (unsigned)p->window;

	p->window = fmin(p->max, p->window + 1 / p->window);
	return (unsigned)p->window > before;
}
