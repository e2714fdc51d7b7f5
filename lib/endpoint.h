/*
 * endpoint: what the programs that play the API's endpoint have in common: the
 * token that a client shows, why requests are refused, the errors and lists that they
 * answer with, their log, and the command that runs beside them. Not for their
 * sockets, nor for what a request has to be: that is request's.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "request.h"

/* The longest body of a request, in bytes. */
#define ENDPOINT_MAX_BODY ((size_t)32 << 20)

/*
 * The token in the value of an Authorization header (NULL: there is none; RFC 6750,
 * section 2.1), borrowed from it; "" where it has no bearer token.
 */
const char *endpoint_token(const char *authorization);

/* The members of OpenAI's {"error": …}, all borrowed; param and code may be NULL. */
struct endpoint_error {
	const char	*message, *type, *param, *code;
};

/* Appends the object, without a newline; what is not UTF-8 as U+FFFD. */
void	endpoint_add_error(struct buf *out, const struct endpoint_error *error);

/* Appends it as a server-sent event, for the middle of a stream. */
void	endpoint_add_event(struct buf *out, const struct endpoint_error *e);

/* What services say with an HTTP status, in general: constants. */
struct endpoint_error endpoint_error_of(unsigned status);

/*
 * Why a request is refused, whatever its body says: each sets the fault and returns the
 * HTTP status. takes is the method for the path; token is "" where there was none.
 */
unsigned endpoint_no_path(struct request_fault *f, const char *path);
unsigned endpoint_no_method(struct request_fault *f, const char *path,
	    const char *method, const char *takes);
unsigned endpoint_no_key(struct request_fault *f, const char *token);
unsigned endpoint_too_long(struct request_fault *f);

/* The error that a client gets for a fault of its request, borrowed from that. */
struct endpoint_error endpoint_refusal(struct request_fault *f);

/*
 * Appends an answer to info/models or info/modes: an object with these ids as the
 * members of "text", and one that may be NULL in "image".
 */
void	endpoint_add_ids(struct buf *out, const char *const *ids, size_t n,
	    const char *image);

/*
 * Opens the log, for lines to be appended; -1 where path is NULL. Ends the tool with 73
 * where it cannot be made.
 */
int	endpoint_open_log(const char *path);

/*
 * Starts argv with SUPAI_BASE_URL, SUPAI_API_KEY and a NO_PROXY that has this
 * machine in it, and the signal mask given: the one command of this program. Failure
 * to fork ends the tool with 71; a command that cannot be run ends with 126 or 127,
 * and it is said.
 */
void	endpoint_start(char **argv, const char *url, const char *key,
	    const sigset_t *mask);

/*
 * From here on SIGINT and SIGTERM are the command's: they are passed on to it,
 * but for what the terminal sends, which it got itself.
 */
void	endpoint_pass_on(void);

/*
 * Whether the command has ended, which how, as waitpid's options, waits for or not:
 * then with its status as a shell has it, 128 and the signal's number where one
 * killed it.
 */
bool	endpoint_ended(int *status, int how);

#endif
