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
	unsigned lower = 0x80, upper = 0xbf;
	size_t need, i;
	uint32_t r;

	*rune = UTF8_INVALID;
	if (p[0] < 0x80) {
		*rune = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		need = 1;
		r = p[0] & 0x1fU;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		need = 2;
		r = p[0] & 0xfU;
		if (p[0] == 0xe0)
			lower = 0xa0;
		if (p[0] == 0xed)
			upper = 0x9f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		need = 3;
		r = p[0] & 0x7U;
		if (p[0] == 0xf0)
			lower = 0x90;
		if (p[0] == 0xf4)
			upper = 0x8f;
	} else {
		return 1;
	}
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
	if (r < 0x80) {
		buf_addc(out, (int)r);
		return;
	}
	if (r < 0x800) {
		buf_addc(out, (int)(0xc0 | r >> 6));
	} else {
		if (r < 0x10000) {
			buf_addc(out, (int)(0xe0 | r >> 12));
		} else {
			buf_addc(out, (int)(0xf0 | r >> 18));
			buf_addc(out, (int)(0x80 | (r >> 12 & 0x3f)));
		}
		buf_addc(out, (int)(0x80 | (r >> 6 & 0x3f)));
	}
	buf_addc(out, (int)(0x80 | (r & 0x3f)));
}

void
utf8_add(struct buf *out, const char *p, size_t n)
{
	size_t good;
	uint32_t rune;

	while (n > 0) {
		good = utf8_valid(p, n);
		buf_add(out, p, good);
		p += good;
		n -= good;
		if (n == 0)
			break;
		good = utf8_decode(p, n, &rune);
		utf8_encode(out, 0xfffd);
		p += good;
		n -= good;
	}
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
