#include <stdint.h>
#include <string.h>

#include "gzip.h"

void
gzip_start(struct gzip *g, bool chunked)
{
	*g = (struct gzip){.chunked = chunked};
}

static void
keep_tail(struct gzip *g, const char *p, size_t n)
{
	size_t new = n < sizeof(g->tail) ? n : sizeof(g->tail);

	memmove(g->tail, g->tail + new, sizeof(g->tail) - new);
	memcpy(g->tail + sizeof(g->tail) - new, p + n - new, new);
	g->n += n;
}

/* The value of a hexadecimal digit; -1: it is none. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte that is none of a chunk's data. */
static void
take_frame(struct gzip *g, char c)
{
	int value = digit(c);

	if (g->at == GZIP_AFTER && c == '\n')
		g->at = GZIP_SIZE;
	else if (g->at == GZIP_AFTER || g->at == GZIP_END)
		return;
	else if (c == '\n')
		g->at = g->left > 0 ? GZIP_DATA : GZIP_END;
	else if (g->at == GZIP_SIZE && value != -1)
		g->left = g->left << 4 | (unsigned)value;
	else
		g->at = GZIP_EXTENSION;
}

void
gzip_feed(struct gzip *g, const char *p, size_t n)
{
	const char *end = p + n;
	size_t some;

	if (!g->chunked) {
		keep_tail(g, p, n);
		return;
	}
	while (p < end) {
		if (g->at != GZIP_DATA) {
			take_frame(g, *p++);
			continue;
		}
		some = (size_t)(end - p);
		if (some > g->left)
			some = (size_t)g->left;
		keep_tail(g, p, some);
		p += some;
		g->left -= some;
		if (g->left == 0)
			g->at = GZIP_AFTER;
	}
}

/* RFC 1952, section 2.3.1: the end says how much there was, modulo 2^32. */
bool
gzip_whole(const struct gzip *g, unsigned long long size)
{
	const unsigned char *t = g->tail;
	uint32_t said = (uint32_t)t[0] | (uint32_t)t[1] << 8 |
	    (uint32_t)t[2] << 16 | (uint32_t)t[3] << 24;

	return g->n == 0 || said == (uint32_t)size;
}
