#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mem.h"

void
buf_reserve(struct buf *b, size_t n)
{
	size_t cap;

	if (n > SIZE_MAX / 2 - b->n)
		mem_out();
	if (b->cap - b->n >= n)
		return;
	cap = b->cap + b->cap / 2;
	if (cap < b->n + n)
		cap = b->n + n;
	if (cap < 64)
		cap = 64;
	b->p = mem_resize(b->p, cap, 1);
	b->cap = cap;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (b->cap - b->n < n)
		buf_reserve(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
buf_addc(struct buf *b, int c)
{
	if (b->cap == b->n)
		buf_reserve(b, 1);
	b->p[b->n++] = (char)c;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		mem_out();
	buf_reserve(b, (size_t)n + 1);
	(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_trim(struct buf *b, const char *chars)
{
	while (b->n > 0 && memchr(chars, b->p[b->n - 1], strlen(chars)) != NULL)
		b->n--;
}

const char *
buf_string(struct buf *b)
{
	buf_reserve(b, 1);
	b->p[b->n] = '\0';
	return b->p;
}

char *
buf_take(struct buf *b)
{
	char *p;

	buf_string(b);
	p = b->p;
	*b = (struct buf){0};
	return p;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}
