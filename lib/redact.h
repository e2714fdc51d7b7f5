/*
 * redact: hides secrets in text from a server, a file or an argument, before it is
 * shown or stored: the key, whatever looks like a key, the values of headers that
 * carry credentials, a proxy's password. Not for control characters: they are term's.
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
	char	**values;	/* hidden wherever they stand; owned */
	size_t	  nvalues;
	char	**names;	/* headers whose value is hidden, besides the usual */
	size_t	  nnames;
};

/*
 * Remembers a copy of a value, or of a header's name. A value of fewer than
 * REDACT_SHORTEST bytes is passed over: it is nobody's secret, and hiding it would
 * garble every message.
 */
#define REDACT_SHORTEST 4
void	redact_value(struct redact *r, const char *value);
void	redact_name(struct redact *r, const char *name);

/*
 * Appends the n bytes at p to out with *** for each secret: a value that was given;
 * whatever looks like a key: the token after "Bearer", and "sk-" or another vendor's
 * sign with twenty more characters. REDACT_HEADERS, for one line, also hides what
 * follows the "Name:" of a header that carries credentials (at the start, after a space
 * or a '['), up to the end or a ']'. REDACT_URLS also hides the part of a word before
 * its last "@", after its "://" if it has one. REDACT_ANSWER, for an answer's text,
 * hides only values that were given and can't be a word of it: of 16 bytes or more, or
 * of eight with a digit ("ollama" is a key, too). r may be NULL.
 */
enum { REDACT_HEADERS = 1, REDACT_URLS = 2, REDACT_ANSWER = 4 };
void	redact_add(const struct redact *r, struct buf *out, const char *p,
	    size_t n, unsigned also);

/*
 * The same for a checked JSON text, which stays one: it looks for secrets in what the
 * strings say, however they are escaped. Strings without a secret stay as they are.
 */
void	redact_json(const struct redact *r, struct buf *out, struct json v,
	    unsigned also);

/*
 * How many of the last of n bytes at p may begin a value that the next bytes end: who
 * shows a text in pieces keeps these back.
 */
size_t	redact_begun(const struct redact *r, const char *p, size_t n,
	    unsigned also);

void	redact_free(struct redact *r);

#endif
