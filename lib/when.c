#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "when.h"

static const char digits[] = "0123456789";

long long
when_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long long
when_wall(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long long
when_sooner(long long a, long long b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* The milliseconds until due, which poll(2) may wait. */
static int
left(long long due, long long now)
{
	return due <= now ? 0 : due - now > INT_MAX ? INT_MAX : (int)(due - now);
}

int
when_left(long long due)
{
	return due == 0 ? -1 : left(due, when_now());
}

uint64_t
when_chance(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec ^
	    (uint64_t)getpid() << 16;
}

/* Dates. */

/* Reads n digits, a number from min to max, and goes past them. */
static bool
number(const char **s, size_t n, int min, int max, int *value)
{
	if (strspn(*s, digits) < n)
		return false;
	for (*value = 0; n > 0; n--, ++*s)
		*value = *value * 10 + (**s - '0');
	return *value >= min && *value <= max;
}

/* Goes past a character that must be there. */
static bool
mark(const char **s, char c)
{
	return *(*s)++ == c;
}

static int
days_of(int year, int month)
{
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* The days since 1970-01-01 of a day of the Gregorian calendar. */
static long long
days(int year, int month, int day)
{
	long long before = year - 1, n;

	n = 365 * (before - 1969) + before / 4 - before / 100 + before / 400 -
	    (1969 / 4 - 1969 / 100 + 1969 / 400);
	while (--month > 0)
		n += days_of(year, month);
	return n + day - 1;
}

/* Reads the offset that ends a date-time, in seconds ahead of UTC. */
static bool
offset(const char *s, long long *ahead)
{
	char sign = *s++;
	int hours, minutes;

	*ahead = 0;
	if (sign == 'Z' || sign == 'z')
		return *s == '\0';
	if ((sign != '+' && sign != '-') || !number(&s, 2, 0, 23, &hours) ||
	    !mark(&s, ':') || !number(&s, 2, 0, 59, &minutes))
		return false;
	*ahead = (hours * 60LL + minutes) * (sign == '-' ? -60 : 60);
	return *s == '\0';
}

bool
when_read(const char *s, long long *at)
{
	int year, month, day, hour, minute, second;
	long long ahead;

	if (!number(&s, 4, 0, 9999, &year) || !mark(&s, '-') ||
	    !number(&s, 2, 1, 12, &month) || !mark(&s, '-') ||
	    !number(&s, 2, 1, days_of(year, month), &day) ||
	    (*s != 'T' && *s != 't'))
		return false;
	s++;
	/* A second 60 is a leap second (section 5.7). */
	if (!number(&s, 2, 0, 23, &hour) || !mark(&s, ':') ||
	    !number(&s, 2, 0, 59, &minute) || !mark(&s, ':') ||
	    !number(&s, 2, 0, 60, &second))
		return false;
	if (*s == '.') {
		if (strspn(++s, digits) == 0)
			return false;
		s += strspn(s, digits);
	}
	if (!offset(s, &ahead))
		return false;
	if (at != NULL)
		*at = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 +
		    second - ahead;
	return true;
}

/* What waits. */

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
	t->heap = mem_room(t->heap, t->n, sizeof(*t->heap));
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
	return t->n == 0 ? -1 : left(t->heap[0].due, now);
}

void
when_free(struct when *t)
{
	free(t->heap);
	*t = (struct when){0};
}
