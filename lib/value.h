/*
 * value: JSON values to build and change, as libjq's jv, and the one spelling of their
 * numbers. It stands between our reader, which decides what is JSON, and libjq, which
 * is laxer in some places and stricter in others.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "buf.h"
#include "json.h"

/* Makes libjq's "out of memory" ours, with its status. Call it once in main. */
void	value_init(void);

/*
 * The value of a checked text, owned by the caller: strings as json_text has
 * them, numbers with libjq's precision.
 */
jv	value_of(struct json v);

/* Checks the text as json_parse does, then as value_of. False with the fault. */
bool	value_parse(const char *text, size_t n, jv *v, struct json_fault *fault);

/* Appends v as one line of compact JSON, without a newline. v is kept. */
void	value_dump(jv v, struct buf *out);

/* A string value of UTF-8 text; owned. */
jv	value_text(const char *p, size_t n);

/* The member of an object, owned by the caller; the object is kept. */
jv	value_get(jv object, const char *name);

/* The object (consumed) with that member set to value (consumed); owned. */
jv	value_set(jv object, const char *name, jv value);

/* A member that is a string, borrowed from the object; NULL for anything else. */
const char *value_string(jv object, const char *name);

/*
 * Appends the one spelling of the JSON number of n bytes at p, whatever text it has (1,
 * 1.0 and 10e-1 are 1), by its digits: for ids and hashes that must be the same with
 * every libjq. False, and nothing appended, where its exponent has more than nine digits.
 */
bool	value_spell(const char *p, size_t n, struct buf *out);

/* Appends the spelling of a finite double: of the fewest digits that give it back. */
void	value_spell_double(double x, struct buf *out);

#endif
