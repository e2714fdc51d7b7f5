#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "utf8.h"
#include "width.h"

static bool utf8;

void
width_init(void)
{
	const char *codeset;

	if (setlocale(LC_CTYPE, "") == NULL)
		return;
	codeset = nl_langinfo(CODESET);
	utf8 = strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
}

bool
width_is_utf8(void)
{
	return utf8;
}

/*
 * Characters that join, shape or order others, and fillers: Unicode's
 * Default_Ignorable_Code_Point, with the interlinear annotations.
 */
static bool
is_invisible(uint32_t r)
{
	static const struct {
		uint32_t	first, last;
	} ranges[] = {
		{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160},
		{0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
		{0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (r >= ranges[i].first && r <= ranges[i].last)
			return true;
	return false;
}

/* A character as it is shown. */
struct shown {
	const char	*p;
	size_t		 n;
	size_t		 columns;
};

/* Reads a character; returns its length. */
static size_t
next(const char *p, size_t n, struct shown *c)
{
	uint32_t r;
	size_t len = utf8_decode(p, n, &r);
	int columns;

	*c = (struct shown){p, len, 1};
	if (r >= 0x20 && r < 0x7f)
		return len;
	if (r != UTF8_INVALID && is_invisible(r)) {
		c->n = c->columns = 0;
		return len;
	}
	/* In a UTF-8 locale a wchar_t is the code point: ISO/IEC 10646. */
	columns = utf8 && r != UTF8_INVALID ? wcwidth((wchar_t)r) : -1;
	if (columns >= 0) {
		c->columns = (size_t)columns;
		return len;
	}
	c->p = utf8 ? "\xef\xbf\xbd" : "?";
	c->n = strlen(c->p);
	return len;
}

size_t
width_of(const char *p, size_t n)
{
	struct shown c;
	size_t columns = 0, at;

	for (at = 0; at < n; columns += c.columns)
		at += next(p + at, n - at, &c);
	return columns;
}

size_t
width_add(struct buf *out, const char *p, size_t n, size_t max)
{
	const char *dots = utf8 ? "…" : "...";
	size_t ndots = utf8 ? 1 : 3, columns = 0, at = 0;
	bool cut = width_of(p, n) > max;
	struct shown c;

	if (cut && ndots > max)
		ndots = max;
	if (cut)
		max -= ndots;
	while (at < n) {
		at += next(p + at, n - at, &c);
		if (columns + c.columns > max)
			break;
		buf_add(out, c.p, c.n);
		columns += c.columns;
	}
	if (!cut)
		return columns;
	buf_add(out, dots, utf8 ? ndots * strlen(dots) : ndots);
	return columns + ndots;
}
