#include <stddef.h>

#include "dates.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads n digits, a number from min to max, and goes past them. */
static bool
number(const char **s, int n, int min, int max, int *value)
{
	*value = 0;
	for (; n > 0; n--, ++*s) {
		if (!is_digit(**s))
			return false;
		*value = *value * 10 + (**s - '0');
	}
	return *value >= min && *value <= max;
}

/* Goes past a character that must be there. */
static bool
mark(const char **s, char c)
{
	return *(*s)++ == c;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_of(int year, int month)
{
	if (month == 2)
		return is_leap(year) ? 29 : 28;
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
dates_read(const char *s, long long *at)
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
		if (!is_digit(*++s))
			return false;
		while (is_digit(*s))
			s++;
	}
	if (!offset(s, &ahead))
		return false;
	if (at != NULL)
		*at = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 +
		    second - ahead;
	return true;
}
