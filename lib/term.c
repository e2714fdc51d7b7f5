#include <stdbool.h>
#include <string.h>

#include "term.h"
#include "utf8.h"

static bool
is_shown(uint32_t r)
{
	return r >= 0x20 && r != 0x7f && !(r >= 0x80 && r <= 0x9f) &&
	    !(r >= 0x202a && r <= 0x202e) && !(r >= 0x2066 && r <= 0x2069);
}

static void
filter(struct buf *out, const char *p, size_t n, bool one_line)
{
	size_t len;
	uint32_t rune;

	for (; n > 0; p += len, n -= len) {
		len = utf8_decode(p, n, &rune);
		if (rune == UTF8_INVALID)
			utf8_encode(out, 0xfffd);
		else if (rune == '\n' || rune == '\t')
			buf_addc(out, one_line ? ' ' : (int)rune);
		else if (is_shown(rune))
			buf_add(out, p, len);
		else
			buf_printf(out, rune < 0x80 ? "\\x%02x" : "\\u%04x",
			    (unsigned)rune);
	}
}

void
term_text(struct buf *out, const char *p, size_t n)
{
	filter(out, p, n, false);
}

void
term_line(struct buf *out, const char *p, size_t n)
{
	filter(out, p, n, true);
}

void
term_string(struct buf *out, const char *p, size_t n)
{
	const char *nul;

	for (; n > 0 && (nul = memchr(p, '\0', n)) != NULL; p = nul + 1) {
		buf_add(out, p, (size_t)(nul - p));
		filter(out, nul, 1, false);
		n -= (size_t)(nul - p) + 1;
	}
	buf_add(out, p, n);
}
