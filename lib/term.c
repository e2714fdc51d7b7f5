#include <stdbool.h>
#include <string.h>

#include "term.h"
#include "utf8.h"

/* What a screen must not have, from its first to its last character. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0, 0x1f}, {0x7f, 0x9f},	/* C0, DEL, C1 */
	{0x61c, 0x61c}, {0x200e, 0x200f}, /* marks of direction: ALM, LRM, RLM */
	{0x2028, 0x2029},		/* ends of a line and of a paragraph */
	{0x202a, 0x202e}, {0x2066, 0x2069}, /* embeddings, overrides, isolates */
	{0xe0000, 0xe007f},		/* tags: text that cannot be seen */
};

static bool
is_shown(uint32_t r)
{
	size_t i;

	if (r >= 0x20 && r < 0x7f)
		return true;
	for (i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (r >= hidden[i].first && r <= hidden[i].last)
			return false;
	return true;
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
