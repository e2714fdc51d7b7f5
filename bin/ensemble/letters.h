/*
 * letters: answers as somebody else gets to see them: a JSON array of them in an
 * order that says nothing, under letters that say nothing.
 */
#ifndef LETTERS_H
#define LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "choose.h"
#include "emit.h"

/*
 * Appends [{"answer": "A", "confidence": 0.9 or null, "text": …} …]. The order is
 * drawn by seed alone: the same for the same one.
 */
void	letters_put(const struct candidate *c, size_t n, uint64_t seed,
	    struct emit *e);

/* A number for letters_put that nobody chose. */
uint64_t letters_seed(void);

#endif
