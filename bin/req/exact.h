/*
 * exact: numbers as a record says them, for ids, with one spelling for each
 * value and the same one with every libjq: some make doubles of them, some keep
 * how they were written. Not for values that are sent: those are value's.
 */
#ifndef EXACT_H
#define EXACT_H

#include <stdbool.h>

#include <jv.h>

#include "buf.h"
#include "json.h"

/*
 * The value of a checked text, owned by the caller, as value_of has it but for
 * its numbers: one below 2^53 that a double holds is a number; any other is a
 * string, its one spelling. Invalid where a number's exponent is too long for
 * that; why has it appended.
 */
jv	exact_value(struct json v, struct buf *why);

/*
 * Appends the one spelling of a double; false, and nothing appended, where it
 * is 2^53 or more and may have been rounded.
 */
bool	exact_spell(double x, struct buf *out);

#endif
