/*
 * value: JSON values to build and change, as libjq's jv. It stands between our reader,
 * which decides what is JSON, and libjq, which is laxer in some places and stricter in
 * others.
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

/* Appends v as one line of compact JSON, without a newline. v is kept. */
void	value_dump(jv v, struct buf *out);

/* A string value of UTF-8 text; owned. */
jv	value_text(const char *p, size_t n);

/* The object (consumed) with that member set to value (consumed); owned. */
jv	value_set(jv object, const char *name, jv value);

/* A member that is a string, borrowed from the object; NULL for anything else. */
const char *value_string(jv object, const char *name);

#endif
