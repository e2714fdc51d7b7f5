#include <string.h>

#include "image.h"

static const struct {
	const char	*type;
	const char	*magic;
	size_t		 n;
} magics[] = {
	{"image/png", "\x89PNG\r\n\x1a\n", 8},
	{"image/jpeg", "\xff\xd8\xff", 3},
	{"image/gif", "GIF87a", 6},
	{"image/gif", "GIF89a", 6},
};

const char *
image_type(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (n >= magics[i].n && memcmp(p, magics[i].magic, magics[i].n) == 0)
			return magics[i].type;
	/* A RIFF container: its length stands between the two names. */
	if (n >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0)
		return "image/webp";
	return NULL;
}

/* RFC 4648, section 4. */
static void
add_base64(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/="; /* and what fills */
	unsigned long group;
	size_t i, left;
	char *to;

	buf_reserve(out, n / 3 * 4 + 4);
	for (i = 0; i < n; i += 3) {
		left = n - i;
		group = (unsigned long)p[i] << 16 |
		    (left > 1 ? (unsigned long)p[i + 1] << 8 : 0) |
		    (left > 2 ? p[i + 2] : 0);
		to = out->p + out->n;
		to[0] = digits[group >> 18];
		to[1] = digits[group >> 12 & 63];
		to[2] = digits[left > 1 ? group >> 6 & 63 : 64];
		to[3] = digits[left > 2 ? group & 63 : 64];
		out->n += 4;
	}
}

void
image_url(struct buf *out, const char *type, const char *p, size_t n)
{
	buf_printf(out, "data:%s;base64,", type);
	add_base64(out, (const unsigned char *)p, n);
}
