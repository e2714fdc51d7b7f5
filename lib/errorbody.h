/*
 * errorbody: OpenAI's error object as a server writes it. Reading one is
 * apierror's.
 */
#ifndef ERRORBODY_H
#define ERRORBODY_H

#include "buf.h"

/* The members of {"error": …}, all borrowed; param and code may be NULL (null). */
struct errorbody {
	const char	*message, *type, *param, *code;
};

/* Appends the object, without a newline; what is not UTF-8 as U+FFFD. */
void	errorbody_add(struct buf *out, const struct errorbody *e);

/* Appends it as a server-sent event, for the middle of a stream. */
void	errorbody_event(struct buf *out, const struct errorbody *e);

/* What services say with an HTTP status, in general: constants. */
struct errorbody errorbody_of(unsigned status);

#endif
