/*
 * emit: writes JSON piece by piece, without building the value first. For objects
 * that are mostly our own text or slices of what was read. Not for values to compute
 * with.
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
	bool		 comma;		/* a value stands before what comes next */
};

/* Opens or closes an object or an array with its bracket, one of {}[]. */
void	emit_open(struct emit *e, char bracket);
void	emit_close(struct emit *e, char bracket);

/*
 * A member's name, a constant of plain ASCII; its value has to follow. Returns e:
 *	emit_text(emit_name(e, "id"), p, n);
 */
struct emit *emit_name(struct emit *e, const char *name);

/* A string of n bytes of UTF-8; it is a name where emit_named follows. */
void	emit_text(struct emit *e, const char *p, size_t n);
void	emit_named(struct emit *e);

/* A constant that is JSON already: null, true, false, a number's digits. */
void	emit_word(struct emit *e, const char *word);
void	emit_count(struct emit *e, unsigned long long n);

/* A number that is finite, to six digits. */
void	emit_real(struct emit *e, double x);

/*
 * A value that was read, byte for byte but for strings, which are written anew from
 * what json_text makes of them. JSON_NONE is null.
 */
void	emit_json(struct emit *e, struct json v);

/* The same without the white space between its tokens, on one line. */
void	emit_compact(struct emit *e, struct json v);

/*
 * Appends the one spelling of the JSON number of n bytes at p, whatever text it has (1,
 * 1.0 and 10e-1 are 1), by its digits: for ids and hashes that must be the same with
 * every libjq. False, and nothing appended, where its exponent has more than nine digits.
 */
bool	emit_spell(const char *p, size_t n, struct buf *out);

/* Whether a double holds the number that is so spelled; x is the nearest one. */
bool	emit_is_double(const struct buf *spelled, double x);

#endif
