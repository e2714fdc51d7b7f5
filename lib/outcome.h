/*
 * outcome: what the end of an HTTP exchange means: whether its body is whole, whether
 * and when to try again, what the tool ends with and says.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>

#include "buf.h"
#include "http.h"

/* The longest wait, in milliseconds, that a server can ask for. */
#define OUTCOME_MAX_WAIT 120000L

struct outcome {
	int		 status;  /* 0: the body came whole; else <sysexits.h>'s */
	bool		 retry;	  /* another try may do better and is allowed */
	long		 wait_ms; /* how long the server asks to wait, in headers or its
				     error's retryDelay; -1: it does not say */
	struct buf	 message; /* one line, secrets hidden; owned; empty when 0 */
};

/*
 * Judges an exchange that has ended, by what http keeps of it and nothing else
 * (but the clock, for a Retry-After date where the response has no Date).
 * o->message's memory is reused; zero o the first time.
 *
 * 0: a 2xx whose body came whole and is not empty. 75: a limit of time, 408,
 * 409, 425, 429, 498, or a Retry-After over OUTCOME_MAX_WAIT. 69: not reached, TLS,
 * 5xx. 77: 401, 402, 403, 407, insufficient_quota. 76: cut, empty, a redirect, no
 * HTTP, a header too long. 65: any other 4xx. 71: out of memory. 74, without a
 * message: x->stopped.
 * Where x->over, what came after it counts only if it could not be decoded (76).
 * retry: 408, 409, 425, 429, 498, 5xx (x-should-retry wins), refused and broken
 * connections, a name that was not found; when bytes were passed on or a limit
 * was reached only if x->restartable. Never: a certificate, a quota, a redirect.
 */
void	outcome_of(const struct http_exchange *x, struct outcome *o);

/*
 * Whether a response that is a failure (400, 422, 500 or 501) is about a member of the
 * request, whose name stands in its words or is its param.
 */
bool	outcome_names(const struct http_exchange *x, const char *member);

/* The id that the service gave the request, as http_header gives a header. */
const char *outcome_request_id(const struct http_exchange *x, size_t *n);

/*
 * Takes in what the reader of a 2xx body, who has passed nothing on, makes of it: a
 * status and why, where it counts, and not what the end of the transfer means. retry:
 * 69, 75 and 76, but for a deadline or an encoding that was not asked for, which would
 * come again. Does nothing where there is no such body.
 */
void	outcome_answer(struct outcome *o, const struct http_exchange *x, bool counts,
	    int status, const struct buf *why);

/*
 * How long to wait, in milliseconds, after so many tries that failed (from 1): as the
 * server asked (wait_ms), or else 0.5 s doubling to 8 s, less up to a quarter of it by
 * chance, so that many clients do not come back together.
 */
long	outcome_wait(const struct outcome *o, unsigned tries);

/* The latter, with a number for the chance. */
long	outcome_backoff(unsigned tries, unsigned random);

/*
 * Whether another try follows after so many, of which all but the first are retries. It
 * would begin at a time that has to be before deadline (0: none).
 */
bool	outcome_again(const struct outcome *o, unsigned tries, long retries,
	    long long at, long long deadline);

/*
 * What a response's headers ask to wait, in milliseconds; -1 when they say
 * nothing that can be understood. after_ms: retry-after-ms, it goes first; after:
 * Retry-After (RFC 9110, section 10.2.3), seconds (a fraction is understood) or a
 * date, which is taken relative to date, the response's own, or where there is
 * none to now (seconds since 1970). An empty text is no header. Where a
 * time has 32 bits, a date after 2038 is not understood.
 */
long	outcome_after(const char *after_ms, const char *after, const char *date,
	    long long now);

#endif
