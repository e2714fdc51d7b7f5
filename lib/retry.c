#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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
	return x < MOST ? (long)x : MOST;
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
	at = retry_date(after);
	if (at == -1)
		return -1;
	from = date != NULL ? retry_date(date) : -1;
	if (from == -1)
		from = now;
	if (at <= from)
		return 0;
	return at - from < MOST / 1000 ? (long)(at - from) * 1000 : MOST;
}

struct date {
	int	year, day, hour, minute, second;
	char	month[4];
};

/* The days from 1970-01-01 to the first of March of a year, Gregorian. */
static long long
days_to_march(long long year)
{
	return 365 * (year - 1970) + (year / 4 - year / 100 + year / 400) -
	    (1970 / 4 - 1970 / 100 + 1970 / 400) + 59;
}

static long long
seconds(const struct date *d)
{
	/* From March on, so that a leap day comes last. */
	static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
	const char *found = strstr(months, d->month);
	long long day, month;

	if (found == NULL || strlen(d->month) != 3 ||
	    (found - months) % 3 != 0 || d->year < 1970 || d->day < 1 || d->day > 31 || d->hour < 0 || d->hour > 23 ||
	    d->minute < 0 || d->minute > 59 || d->second < 0 || d->second > 60)
		return -1;
	month = (found - months) / 3;
	day = days_to_march(month >= 10 ? d->year - 1 : d->year) +
	    (153 * month + 2) / 5 + d->day - 1;
	return ((day * 24 + d->hour) * 60 + d->minute) * 60 + d->second;
}

/* Whether all of s was read: n is where reading it ended, -1 when before that. */
static bool
whole(const char *s, int n)
{
	return n != -1 && s[n + (int)strspn(s + n, " \t")] == '\0';
}

long long
retry_date(const char *s)
{
	struct date d = {0};
	int n = -1;

	s += strspn(s, " \t");
	/* NOLINTBEGIN(cert-err34-c): the widths keep each number in range. */
	(void)sscanf(s, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n",
	    &d.day, d.month, &d.year, &d.hour, &d.minute, &d.second, &n);
	if (whole(s, n))
		return seconds(&d);
	(void)sscanf(s, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n",
	    d.month, &d.day, &d.hour, &d.minute, &d.second, &d.year, &n);
	if (whole(s, n))
		return seconds(&d);
	(void)sscanf(s, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n",
	    &d.day, d.month, &d.year, &d.hour, &d.minute, &d.second, &n);
	/* NOLINTEND(cert-err34-c) */
	if (!whole(s, n))
		return -1;
	d.year += d.year < 70 ? 2000 : 1900;
	return seconds(&d);
}

/* Reads a timestamp's zone: the seconds that it is ahead of UTC. */
static bool
zone(const char *s, long long *ahead)
{
	int hours, minutes, n = -1;
	char sign;

	*ahead = 0;
	if ((*s == 'Z' || *s == 'z') && s[1] == '\0')
		return true;
	/* NOLINTNEXTLINE(cert-err34-c): the widths keep each number in range. */
	(void)sscanf(s, "%c%2d:%2d%n", &sign, &hours, &minutes, &n);
	if (n != 6 || s[n] != '\0' || (sign != '+' && sign != '-'))
		return false;
	*ahead = (hours * 60LL + minutes) * (sign == '-' ? -60 : 60);
	return true;
}

long long
retry_timestamp(const char *s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date d = {0};
	long long ahead, at;
	int month, n = -1;

	/* NOLINTNEXTLINE(cert-err34-c): the widths keep each number in range. */
	(void)sscanf(s, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &d.year, &month,
	    &d.day, &d.hour, &d.minute, &d.second, &n);
	if (n != 19 || month < 1 || month > 12)
		return -1;
	memcpy(d.month, months + 3 * (size_t)(month - 1), 3);
	s += n;
	if (*s == '.')
		for (s++; is_digit(*s); s++)
			;
	at = seconds(&d);
	return zone(s, &ahead) && at != -1 ? at - ahead : -1;
}
