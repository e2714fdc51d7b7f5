#include "diag.h"
#include "hope.h"
#include "outcome.h"

enum { REFUSED = 8 };	/* refusals in a row that are everyone's */

void
hope_note(struct hope *h, const struct lane *lane, const struct try *t,
    long long now)
{
	if (lane->x.status > 0)
		h->heard = now;
	if (t->status == EX_NOPERM)
		h->refused++;
	else if (t->status == 0 || t->status == EX_DATAERR)
		h->refused = 0;	/* the key was taken */
	h->answered = h->answered || t->status == 0;
}

/*
 * Whether nothing came of the service since the request was first sent. Where a
 * limit of time ended a try on a connection that stood, it is that request that
 * takes long.
 */
static bool
is_silence(const struct hope *h, const struct lane *lane)
{
	const struct http_exchange *x = &lane->x;

	return x->status == 0 && x->proxy_status == 0 &&
	    h->heard < lane->job->first &&
	    !(x->connected && x->limit != HTTP_NO_LIMIT);
}

bool
hope_lost(const struct hope *h, const struct lane *lane, const struct try *t)
{
	long status = lane->x.status;
	bool of_all = status != 403 && (status != 401 || !h->answered);

	if (t->status == EX_OSERR)
		return true;
	if (t->status == EX_NOPERM)
		return of_all || h->refused >= REFUSED;
	if (t->status == EX_TEMPFAIL && t->wait_ms > OUTCOME_MAX_WAIT)
		return true;
	return is_silence(h, lane);
}
