/*
 * emit: JSON written as it is known, without building the value first. For
 * objects that are mostly text of ours or slices of what was read; values that
 * are computed with are libjq's, through value.h.
 */
#ifndef EMIT_H
#define EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"

/* Where it goes. Zeroed but for out it is ready for one value. */
struct emit {
	struct buf	*out;		/* borrowed */
	bool		 comma;		/* what comes next stands after a value */
};

/* The bracket that opens or closes an object or an array: one of {}[]. */
void	emit_open(struct emit *e, char bracket);
void	emit_close(struct emit *e, char bracket);

/*
 * A member's name, a constant of plain ASCII; its value has to follow. Returns e:
 *	emit_text(emit_name(e, "id"), p, n);
 */
struct emit *emit_name(struct emit *e, const char *name);

/* A string of n bytes of UTF-8; also for a name, emit_named after it. */
void	emit_text(struct emit *e, const char *p, size_t n);
void	emit_named(struct emit *e);

/* null, true, false, or a number as its digits: a constant, as it is. */
void	emit_word(struct emit *e, const char *word);
void	emit_count(struct emit *e, unsigned long long n);

/*
 * A value that was read, every byte of it but the strings', which become what
 * json_text makes of them. JSON_NONE is null.
 */
void	emit_json(struct emit *e, struct json v);

#endif
