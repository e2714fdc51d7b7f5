/*
 * apierror: a service's error, in whatever shape it comes (a response's body, an
 * event of a stream, a batch result): its words, and the exit status it means.
 *
 * Known shapes: {"error": {"message": …}} or a bare string there, the same in an
 * array, in "detail" or in one of the choices; {"errors": […]}; {"detail": …};
 * "error_type" and "error_message"; {"object": "error", "message": …}; Groq's "error"
 * in "x_groq"; MiniMax's "base_resp", with a "status_code" that is not 0.
 */
#ifndef APIERROR_H
#define APIERROR_H

#include <stdbool.h>

#include "buf.h"
#include "json.h"

/*
 * The error that a whole record reports, a value for the functions below; JSON_NONE
 * where it reports none. Not for chunks of the ensemble: their errors are a thread's.
 */
struct json apierror_find(struct json record);

/* The error in a JSON text of n bytes, or else its value; JSON_NONE: it is none. */
struct json apierror_parse(const char *p, size_t n);

/*
 * Whether v, the value of a member "error", says that something failed: a text,
 * or an object with a message, a known name or an HTTP status that is a failure.
 */
bool	apierror_is(struct json v);

/*
 * Appends the words of such a value, on one line, with one space for each run of
 * white space. A value without words is appended as compact JSON.
 */
void	apierror_message(struct json v, struct buf *out);

/*
 * The exit status for such a value, by its code, status or type, as a name or a
 * number: 77 for a spent quota or a key that is refused, 75 for a rate limit, 65
 * for a request that is refused; 69 for all else.
 */
int	apierror_status(struct json v);

/*
 * Appends, on one line, what an error's text says, which may be JSON of any shape
 * or plain words. Returns the exit status.
 */
int	apierror_text(const char *p, size_t n, struct buf *out);

/* Whether a text is JSON in which apierror_find finds one. */
bool	apierror_in(const char *p, size_t n);

/* Whether it says that the quota is spent, which no retry mends. */
bool	apierror_quota(struct json v);

/* The exit status for an HTTP status of 300 or more. */
int	apierror_http(long status);

#endif
