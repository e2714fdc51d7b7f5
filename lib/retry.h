/*
 * retry: when to try again. What may be tried again is outcome's.
 */
#ifndef RETRY_H
#define RETRY_H

/* The longest wait, in milliseconds, that a server can ask for. */
#define RETRY_MAX_WAIT 120000L

/*
 * How long to wait after the given number of tries that failed (from 1), in
 * milliseconds: 0.5 s doubling to 8 s, less up to a quarter of it as random (any
 * number) says, so that many clients do not come back together.
 */
long	retry_backoff(unsigned tries, unsigned random);

/* Any number, another one in another process and at another time. */
unsigned retry_chance(void);

/*
 * What a response's headers ask to wait, in milliseconds; -1 when they say
 * nothing that can be understood. after_ms: retry-after-ms, it goes first; after:
 * Retry-After (RFC 9110, section 10.2.3), seconds (a fraction is understood) or a
 * date, which is taken relative to date, the response's own, or where there is
 * none to now (seconds since 1970). Any of the texts may be NULL or empty. Where a
 * time has 32 bits, a date after 2038 is not understood.
 */
long	retry_after(const char *after_ms, const char *after, const char *date,
	    long long now);

#endif
