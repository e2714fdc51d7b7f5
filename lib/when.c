#include <limits.h>
#include <stdlib.h>

#include "mem.h"
#include "when.h"

/* Moves the gap at i up until timer fits into it, and puts it there. */
static size_t
rise(struct when *t, size_t i, struct when_timer timer)
{
	while (i > 0 && t->heap[(i - 1) / 2].due > timer.due) {
		t->heap[i] = t->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	t->heap[i] = timer;
	return i;
}

/* Moves the gap at i down until timer fits into it, and puts it there. */
static void
sink(struct when *t, size_t i, struct when_timer timer)
{
	size_t child;

	while ((child = 2 * i + 1) < t->n) {
		if (child + 1 < t->n && t->heap[child + 1].due < t->heap[child].due)
			child++;
		if (t->heap[child].due >= timer.due)
			break;
		t->heap[i] = t->heap[child];
		i = child;
	}
	t->heap[i] = timer;
}

bool
when_add(struct when *t, void *what, long long due)
{
	if (t->n == t->cap)
		t->heap = mem_more(t->heap, &t->cap, sizeof(*t->heap));
	return rise(t, t->n++, (struct when_timer){due, what}) == 0;
}

void *
when_next(struct when *t, long long now)
{
	void *first;

	if (t->n == 0 || t->heap[0].due > now)
		return NULL;
	first = t->heap[0].what;
	t->n--;
	if (t->n > 0)
		sink(t, 0, t->heap[t->n]);
	return first;
}

int
when_wait(const struct when *t, long long now)
{
	long long left;

	if (t->n == 0)
		return -1;
	left = t->heap[0].due - now;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void
when_free(struct when *t)
{
	free(t->heap);
	*t = (struct when){0};
}
