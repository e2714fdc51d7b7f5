#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "retry.h"

enum {
	FIRST_WAIT = 500,
	LAST_WAIT = 8000,
	MOST = 2000000000,	/* ms, 23 days: what is longer is not told apart */
};

long
retry_backoff(unsigned tries, unsigned random)
{
	long wait = FIRST_WAIT;

	for (; tries > 1 && wait < LAST_WAIT; tries--)
		wait *= 2;
	return wait - (long)(random % (unsigned)(wait / 4 + 1));
}

unsigned
retry_chance(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);	/* often in steps of 16 ns or more */
	return (unsigned)t.tv_nsec / 16 ^ (unsigned)getpid() << 16;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number, alone but for spaces, times unit; -1 for anything else. */
static long
decimal(const char *s, long unit)
{
	double x = 0, place = 1;

	while (*s == ' ' || *s == '\t')
		s++;
	if (!is_digit(*s))
		return -1;
	for (; is_digit(*s); s++)
		x = x * 10 + (*s - '0');
	if (*s == '.')
		for (s++; is_digit(*s); s++)
			x += (*s - '0') * (place /= 10);
	while (*s == ' ' || *s == '\t')
		s++;
	if (*s != '\0')
		return -1;
	x = x * (double)unit + 0.5;
	return x < (double)MOST ? (long)x : MOST;
}

long
retry_after(const char *after_ms, const char *after, const char *date,
    long long now)
{
	long ms = after_ms != NULL ? decimal(after_ms, 1) : -1;
	long long at, from;

	if (ms == -1 && after != NULL)
		ms = decimal(after, 1000);
	if (ms != -1 || after == NULL)
		return ms;
	at = (long long)curl_getdate(after, NULL);
	if (at == -1)
		return -1;
	from = date != NULL ? (long long)curl_getdate(date, NULL) : -1;
	if (from == -1)
		from = now;
	if (at <= from)
		return 0;
	return at - from < MOST / 1000 ? (long)(at - from) * 1000 : MOST;
}
