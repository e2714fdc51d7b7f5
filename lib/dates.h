/*
 * dates: timestamps of RFC 3339. The dates of HTTP's headers are libcurl's.
 */
#ifndef DATES_H
#define DATES_H

#include <stdbool.h>

/*
 * Whether s is a date and time as RFC 3339, section 5.6 ("date-time") has them, of a
 * day that there is. *at, where at is not NULL, is set to it in seconds since 1970,
 * fractions cut off.
 */
bool	dates_read(const char *s, long long *at);

#endif
