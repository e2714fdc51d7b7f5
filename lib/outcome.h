/*
 * outcome: what the end of an HTTP exchange means: is its body whole, may another
 * try do better, what does the tool end with and say. The waits are retry's.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>

#include "buf.h"
#include "http.h"

struct outcome {
	int		 status;  /* 0: the body came whole; else <sysexits.h>'s */
	bool		 retry;	  /* another try may do better and is allowed */
	long		 wait_ms; /* how long the server asks to wait; -1: it does not say */
	struct buf	 message; /* one line, secrets hidden; owned; empty when 0 */
};

/*
 * Judges an exchange that has ended, by what http keeps of it and nothing else
 * (but the clock, for a Retry-After date where the response has no Date).
 * o->message's memory is reused; zero o the first time.
 *
 * 0: a 2xx whose body came whole and is not empty. 75: a limit of time, 408,
 * 409, 425, 429, or a Retry-After over RETRY_MAX_WAIT. 69: not reached, TLS,
 * 5xx. 77: 401, 402, 403, 407, insufficient_quota. 76: cut, empty, a redirect, no
 * HTTP, a header too long. 65: any other 4xx. 71: out of memory. 74, without a
 * message: x->stopped.
 * Where x->over, what came after it counts only if it could not be decoded (76).
 * retry: 408, 409, 425, 429, 5xx (x-should-retry wins), refused and broken
 * connections, a name that was not found; when bytes were passed on or a limit
 * was reached only if x->restartable. Never: a certificate, a quota, a redirect.
 */
void	outcome_of(const struct http_exchange *x, struct outcome *o);

#endif
