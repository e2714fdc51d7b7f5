/*
 * Any text through the terminal filter: no byte of what comes out can do anything to
 * a screen, it is not much more than came in, and to filter it again changes nothing.
 */
#include "fuzz.h"
#include "term.h"
#include "utf8.h"

/* One character of text that must be UTF-8, by a decoder of its own. */
static uint32_t
next(const struct buf *b, size_t *at)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	unsigned char c = (unsigned char)b->p[(*at)++];
	uint32_t code = c;
	size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3, i;

	if (more == 0)
		return code;
	FUZZ_NEED(c >= 0xc2 && c <= 0xf4);
	code = c & (0x3fU >> more);
	for (i = 0; i < more; i++) {
		FUZZ_NEED(*at < b->n && ((unsigned char)b->p[*at] & 0xc0) == 0x80);
		code = code << 6 | ((unsigned char)b->p[(*at)++] & 0x3f);
	}
	FUZZ_NEED(code >= least[more] && code <= 0x10ffff);
	FUZZ_NEED(code < 0xd800 || code > 0xdfff);
	return code;
}

static void
check_harmless(const struct buf *b, int is_line)
{
	size_t at = 0;
	uint32_t c;

	while (at < b->n) {
		c = next(b, &at);
		if (!is_line && (c == '\n' || c == '\t'))
			continue;
		FUZZ_NEED(c >= 0x20 && (c < 0x7f || c > 0x9f));
		FUZZ_NEED(c != 0x61c && c != 0x200e && c != 0x200f);
		FUZZ_NEED(c < 0x2028 || c > 0x202e);
		FUZZ_NEED(c < 0x2066 || c > 0x2069);
		FUZZ_NEED(c < 0xe0000 || c > 0xe007f);
	}
}

static void
check(void (*filter)(struct buf *, const char *, size_t), const char *p, size_t n,
    int is_line)
{
	struct buf once = {0}, twice = {0};

	filter(&once, p, n);
	check_harmless(&once, is_line);
	FUZZ_NEED(once.n <= 4 * n);
	filter(&twice, once.p, once.n);
	FUZZ_NEED(once.n == twice.n &&
	    (once.n == 0 || memcmp(once.p, twice.p, once.n) == 0));
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_copy((const char *)data, n);

	check(term_text, text, n, 0);
	check(term_line, text, n, 1);
	free(text);
	return 0;
}
