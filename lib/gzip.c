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
	size_t i;

	g->any = g->any || n > 0;
	for (i = n > 4 ? n - 4 : 0; i < n; i++)
		g->tail = g->tail >> 8 | (uint32_t)(unsigned char)p[i] << 24;
}

/* The value of a hexadecimal digit; -1: it is none. */
static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = memchr(digits, c, sizeof(digits) - 1);

	return at != NULL ? (int)(at - digits) % 16 : -1;
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
	return !g->any || g->tail == (uint32_t)size;
}
