/*
 * utf8: Unicode's UTF-8 as the WHATWG Encoding standard decodes it (section
 * 8.1.1, the UTF-8 decoder). Not for escapes: JSON's are json's, the screen's term's.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define UTF8_INVALID UINT32_MAX

/*
 * Decodes the first character of the n > 0 bytes at s into *rune, and returns
 * its length in bytes. Where s starts no character, *rune is UTF8_INVALID and
 * the length is that of what one U+FFFD stands for (1 to 3 bytes).
 */
size_t	utf8_decode(const char *s, size_t n, uint32_t *rune);

/* How many of the n bytes at p, from the first on, are valid UTF-8. */
size_t	utf8_valid(const char *p, size_t n);

/* How many of n bytes fit into max, none of them the beginning of a cut character. */
size_t	utf8_cut(const char *p, size_t n, size_t max);

/* Appends a character (a Unicode scalar value) as UTF-8. */
void	utf8_encode(struct buf *out, uint32_t rune);

/* Appends n bytes, each part that is not valid as one U+FFFD. */
void	utf8_add(struct buf *out, const char *p, size_t n);

/*
 * The length of the byte order mark that the n bytes at p begin with: 3, or 0 for
 * none. One may be ignored in front of JSON (RFC 8259, section 8.1).
 */
size_t	utf8_bom(const char *p, size_t n);

/* The number of code points in n bytes of valid UTF-8. */
size_t	utf8_count(const char *p, size_t n);

#endif
