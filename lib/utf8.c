#include <string.h>

#include "utf8.h"

/*
 * The second byte's range is what keeps out overlong forms, surrogates and
 * anything past U+10FFFF; the bytes after it are 80 to BF.
 */
size_t
utf8_decode(const char *s, size_t n, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned lower, upper;
	size_t need, i;
	uint32_t r;

	*rune = UTF8_INVALID;
	if (p[0] < 0x80) {
		*rune = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 1;
	need = p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	r = p[0] & 0x3fU >> need;
	lower = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	upper = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	for (i = 1; i <= need; i++) {
		if (i >= n || p[i] < lower || p[i] > upper)
			return i;
		lower = 0x80;
		upper = 0xbf;
		r = r << 6 | (p[i] & 0x3fU);
	}
	*rune = r;
	return need + 1;
}

/* How many of the n bytes at p, from the first on, are ASCII. */
static size_t
ascii_run(const char *p, size_t n)
{
	size_t at = 0;
	uint64_t x;

	for (; n - at >= 8; at += 8) {
		memcpy(&x, p + at, 8);
		if ((x & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	while (at < n && (unsigned char)p[at] < 0x80)
		at++;
	return at;
}

size_t
utf8_valid(const char *p, size_t n)
{
	size_t at = 0, len;
	uint32_t rune;

	for (;;) {
		at += ascii_run(p + at, n - at);
		if (at == n)
			return at;
		len = utf8_decode(p + at, n - at, &rune);
		if (rune == UTF8_INVALID)
			return at;
		at += len;
	}
}

size_t
utf8_cut(const char *p, size_t n, size_t max)
{
	if (n <= max)
		return n;
	while (max > 0 && ((unsigned char)p[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void
utf8_encode(struct buf *out, uint32_t r)
{
	unsigned more = r < 0x80 ? 0 : r < 0x800 ? 1 : r < 0x10000 ? 2 : 3;

	if (more == 0)
		buf_addc(out, (int)r);
	else
		buf_addc(out, (int)((0xf0U << (3 - more) & 0xff) | r >> 6 * more));
	while (more-- > 0)
		buf_addc(out, (int)(0x80 | (r >> 6 * more & 0x3f)));
}

void
utf8_add(struct buf *out, const char *p, size_t n)
{
	size_t good = utf8_valid(p, n), bad;
	uint32_t rune;

	while (good < n) {
		buf_add(out, p, good);
		bad = utf8_decode(p + good, n - good, &rune);
		utf8_encode(out, 0xfffd);
		p += good + bad;
		n -= good + bad;
		good = utf8_valid(p, n);
	}
	buf_add(out, p, n);
}

size_t
utf8_bom(const char *p, size_t n)
{
	return n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

size_t
utf8_count(const char *p, size_t n)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xc0) != 0x80;
	return count;
}
