/*
 * apierror: what a service says went wrong, whatever shape it gives that (in a
 * response's body, an event of a stream, a batch result), and the exit status
 * that it means.
 *
 * Known shapes: {"error": {"message": …}} or a bare string there, the same in an
 * array, in "detail" or in one of the choices; {"errors": […]}; {"detail": …};
 * "error_type" and "error_message"; {"object": "error", "message": …}.
 */
#ifndef APIERROR_H
#define APIERROR_H

#include <stdbool.h>

#include "buf.h"
#include "json.h"

/*
 * The error in a whole record, which none of its other members needs to explain:
 * a value for the functions below; JSON_NONE where the record reports none.
 * Chunks of the ensemble are not for it: theirs are about a thread.
 */
struct json apierror_find(struct json record);

/* The error in a JSON text of n bytes, or else its value; JSON_NONE: it is none. */
struct json apierror_parse(const char *p, size_t n);

/*
 * Whether v, the value of a member "error", says that something failed: a text,
 * or an object with a message or with an HTTP status that is a failure.
 */
bool	apierror_is(struct json v);

/*
 * Appends what such a value says, on one line, each run of white space one
 * space. Any other value that holds something is said as compact JSON.
 */
void	apierror_message(struct json v, struct buf *out);

/*
 * The exit status for such a value, told by its code, status or type, a name or a
 * number: 77 for a spent quota or a key that is refused, 75 for a rate limit, 65
 * for a request that is refused; 69 for all else.
 */
int	apierror_status(struct json v);

/*
 * What a text says that a service sent for an error, JSON of any shape or words:
 * appends it on one line, and returns the exit status.
 */
int	apierror_text(const char *p, size_t n, struct buf *out);

/* Whether a text is JSON in which apierror_find finds one. */
bool	apierror_in(const char *p, size_t n);

/* Whether it says that the quota is spent, which no retry mends. */
bool	apierror_quota(struct json v);

/* The exit status for an HTTP status of 300 or more. */
int	apierror_http(long status);

#endif
