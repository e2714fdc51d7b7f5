/*
 * redact: hides secrets in all that is shown or stored of what a server, a file or
 * an argument said: the key, what looks like a key to one who does not know it, the
 * values of headers that carry credentials, a proxy's password. Control characters
 * are term's.
 */
#ifndef REDACT_H
#define REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"

/*
 * Whether a header of that name (in any case, up to a ':' or its end) carries
 * credentials, whoever sends it.
 */
bool	redact_is_secret(const char *name);

/* Whether a word starts as the keys of a known maker do, however short it is. */
bool	redact_has_sign(const char *word);

/* All zero: the usual header names (Authorization, Cookie …) and no value. */
struct redact {
	char	**values;	/* texts hidden wherever they stand; owned */
	size_t	  nvalues;
	char	**names;	/* headers whose value is hidden, besides the usual */
	size_t	  nnames;
};

/*
 * Remembers a copy. A value of fewer than REDACT_SHORTEST bytes is passed over: it
 * is nobody's secret, and to hide it would garble every message.
 */
#define REDACT_SHORTEST 4
void	redact_value(struct redact *r, const char *value);
void	redact_name(struct redact *r, const char *name);

/*
 * Appends the n bytes at p to out with *** for each secret: a value that was
 * given; what looks like a key: the token after "Bearer", and "sk-" or another
 * vendor's sign with twenty more characters. With REDACT_HEADERS, in one line, also
 * what follows the "Name:" of a header that carries credentials (at the start, after
 * a space or a '['), up to the end or a ']'; with REDACT_URLS, what of a word stands
 * before its last "@", after its "://" if it has one. With REDACT_ANSWER, for the text of an
 * answer, only a value that was given, and only one that can't be a word of it: of
 * 16 bytes or more, or of eight with a digit ("ollama" is a key, too). r may be NULL.
 */
enum { REDACT_HEADERS = 1, REDACT_URLS = 2, REDACT_ANSWER = 4 };
void	redact_add(const struct redact *r, struct buf *out, const char *p,
	    size_t n, unsigned also);

/*
 * The same for a checked JSON text, which stays one: secrets are looked for in what
 * its strings say, however they are escaped. Strings without one stay as they are.
 */
void	redact_json(const struct redact *r, struct buf *out, struct json v,
	    unsigned also);

/*
 * How many of the n bytes at p, from the end on, may be the beginning of a value that
 * goes on in the bytes to come: a text in pieces is shown but for these.
 */
size_t	redact_begun(const struct redact *r, const char *p, size_t n,
	    unsigned also);

void	redact_free(struct redact *r);

#endif
