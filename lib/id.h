/*
 * id: what can be the id of a model or a mode, and what its pattern is. Not for
 * which ones there are: that is models' and panel's.
 */
#ifndef ID_H
#define ID_H

#include <stdbool.h>

/* Whether s can be an id: one word of UTF-8 that a screen may have, no comment. */
bool	id_ok(const char *s);

/*
 * Whether the shell pattern (POSIX.1-2008, XCU 2.13) matches the whole id. A
 * slash is a character like any other: "*opus*" matches across it.
 */
bool	id_matches(const char *id, const char *pattern);

/* Whether a word has a pattern's special characters, and so is no plain id. */
bool	id_is_pattern(const char *word);

#endif
