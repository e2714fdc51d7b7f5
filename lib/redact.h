/*
 * redact: hides secrets in what is shown: the key, the values of headers that
 * carry credentials, a proxy's password. Control characters are term's.
 */
#ifndef REDACT_H
#define REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* All zero: the usual header names (Authorization, Cookie …) and no value. */
struct redact {
	char	**values;	/* texts hidden wherever they stand; owned */
	size_t	  nvalues;
	char	**names;	/* headers whose value is hidden, besides the usual */
	size_t	  nnames;
};

/* Remembers a copy; an empty one is passed over. */
void	redact_value(struct redact *r, const char *value);
void	redact_name(struct redact *r, const char *name);

/*
 * Appends one line to out with *** for each secret: a value that was given, what
 * follows "Name:" (at the line's start, behind a space or a '[') up to the end or
 * a ']', and, where urls is set, what stands between "://" and "@". r may be NULL.
 */
void	redact_line(const struct redact *r, struct buf *out, const char *p,
	    size_t n, bool urls);

void	redact_free(struct redact *r);

#endif
