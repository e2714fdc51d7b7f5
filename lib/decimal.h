/*
 * decimal: one spelling for each number, whatever JSON text it has (1, 1.0 and 10e-1
 * are 1): for ids and hashes that must be the same with every library. By its
 * digits, not by a double, which would round.
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/*
 * Appends the one spelling of the JSON number of n bytes at p. False, and nothing
 * appended, where its exponent has more than nine digits.
 */
bool	decimal_spell(const char *p, size_t n, struct buf *out);

/* Appends the spelling of a finite double: of the fewest digits that give it back. */
void	decimal_of(double x, struct buf *out);

#endif
