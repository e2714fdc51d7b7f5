/*
 * term: the terminal filter. It makes text from a server, a file or an argument
 * harmless to a screen: control characters, those that reorder text or break a line,
 * and tags, which nobody can see, are shown as escapes, not sent.
 */
#ifndef TERM_H
#define TERM_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * Appends the n bytes at p to out as a screen may have them: newline, tab and
 * printable characters as they are; other C0 and DEL as \xNN; C1 (U+0080 to
 * U+009F), U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069 and tags
 * (U+E0000 to U+E007F) as \uNNNN; bytes that are no UTF-8 as U+FFFD.
 */
void	term_text(struct buf *out, const char *p, size_t n);

/* The same on one line: newlines and tabs become spaces. */
void	term_line(struct buf *out, const char *p, size_t n);

/*
 * Appends the bytes as they are, but NUL as term_text shows it: for a part of a
 * message, which is a string and would end there. The message still passes the filter.
 */
void	term_string(struct buf *out, const char *p, size_t n);

#endif
