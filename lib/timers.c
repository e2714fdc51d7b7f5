#include <limits.h>
#include <stdlib.h>

#include "mem.h"
#include "timers.h"

/* Puts a timer at a place (from 0) of the heap. */
static void
put(struct timers *t, size_t i, struct timer *timer)
{
	t->heap[i] = timer;
	timer->place = i + 1;
}

/* Moves the gap at i up until timer fits into it, and puts it there. */
static void
rise(struct timers *t, size_t i, struct timer *timer)
{
	while (i > 0 && t->heap[(i - 1) / 2]->due > timer->due) {
		put(t, i, t->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(t, i, timer);
}

/* Moves the gap at i down until timer fits into it, and puts it there. */
static void
sink(struct timers *t, size_t i, struct timer *timer)
{
	size_t child;

	while ((child = 2 * i + 1) < t->n) {
		if (child + 1 < t->n &&
		    t->heap[child + 1]->due < t->heap[child]->due)
			child++;
		if (t->heap[child]->due >= timer->due)
			break;
		put(t, i, t->heap[child]);
		i = child;
	}
	put(t, i, timer);
}

void
timers_add(struct timers *t, struct timer *timer, long long due)
{
	if (t->n == t->cap)
		t->heap = mem_more(t->heap, &t->cap, sizeof(*t->heap));
	timer->due = due;
	rise(t, t->n++, timer);
}

struct timer *
timers_next(struct timers *t, long long now)
{
	struct timer *first;

	if (t->n == 0 || t->heap[0]->due > now)
		return NULL;
	first = t->heap[0];
	t->n--;
	if (t->n > 0)
		sink(t, 0, t->heap[t->n]);
	first->place = 0;
	return first;
}

int
timers_wait(const struct timers *t, long long now)
{
	long long left;

	if (t->n == 0)
		return -1;
	left = t->heap[0]->due - now;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void
timers_free(struct timers *t)
{
	free(t->heap);
	*t = (struct timers){0};
}
