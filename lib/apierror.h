/*
 * apierror: the service's error object, {"error": …}, wherever it comes from
 * (a response's body, an event of a stream, a batch result), and the status
 * that it means.
 */
#ifndef APIERROR_H
#define APIERROR_H

#include <stdbool.h>

#include "json.h"

/*
 * Whether v, the value of a member "error", says that something failed: an
 * object with a message, or a bare string.
 */
bool	apierror_is(struct json v);

/* Appends the message of such a value. */
void	apierror_message(struct json v, struct buf *out);

/*
 * The status for such a value: 77 for a spent quota or a key that is refused,
 * 75 for a rate limit, else 69. Its code or type tells, by name or as the HTTP
 * status that some services put there.
 */
int	apierror_status(struct json v);

/* Whether it says that the quota is spent, which no retry mends. */
bool	apierror_quota(struct json v);

#endif
