/*
 * buf: bytes with their length, growing as needed. NUL is a byte like any other.
 * A buf that is all zero ("struct buf b = {0}") is empty and ready.
 */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What format and what arguments a function like printf has, for the compiler. */
#if defined(__GNUC__)
#define BUF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define BUF_PRINTF(f, a)
#endif

struct buf {
	char	*p;	/* n bytes; owned; NULL while nothing was ever added */
	size_t	 n;
	size_t	 cap;
};

/* Room for n more bytes after the ones held; grows at least by half. */
void	buf_reserve(struct buf *b, size_t n);

/* Appends n bytes, a byte, a string, formatted text. p may be NULL when n is 0. */
void	buf_add(struct buf *b, const void *p, size_t n);
void	buf_addc(struct buf *b, int c);
void	buf_adds(struct buf *b, const char *s);
void	buf_printf(struct buf *b, const char *fmt, ...) BUF_PRINTF(2, 3);
void	buf_vprintf(struct buf *b, const char *fmt, va_list ap);

/* Whether the bytes are these n. */
static inline bool
buf_is(const struct buf *b, const void *p, size_t n)
{
	return b->n == n && (n == 0 || memcmp(b->p, p, n) == 0);
}

/* Drops what of the end is one of chars. */
void	buf_trim(struct buf *b, const char *chars);

/* The bytes as a string, a NUL put after them; borrowed until the next change. */
const char *buf_string(struct buf *b);

/* The bytes as a string that is now the caller's; the buf is empty after. */
char	*buf_take(struct buf *b);

/* Drops the bytes; clear keeps the memory for the next ones, free does not. */
void	buf_clear(struct buf *b);
void	buf_free(struct buf *b);

#endif
