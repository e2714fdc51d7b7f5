/*
 * width: how many columns of a terminal a text takes, by the user's locale, and
 * texts cut to fit. Not for what is harmful to a terminal: that is term's, and
 * every text given here has passed it.
 */
#ifndef WIDTH_H
#define WIDTH_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* Takes the locale of the environment. Call it once, before the others. */
void	width_init(void);

/* Whether the terminal is sent UTF-8, or nothing but ASCII. */
bool	width_is_utf8(void);

/* The columns that the n bytes of UTF-8 at p take as width_add appends them. */
size_t	width_of(const char *p, size_t n);

/*
 * Appends the n bytes of UTF-8 at p, cut so that they take at most max columns,
 * the cut shown by "…" (in ASCII "..."). Characters that are not in the codeset,
 * or of which the locale knows no width, become "?" or U+FFFD; invisible ones,
 * on whose width terminals differ, are left out. Returns the columns taken.
 */
size_t	width_add(struct buf *out, const char *p, size_t n, size_t max);

#endif
