#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "io.h"
#include "opt.h"
#include "source.h"
#include "utf8.h"
#include "value.h"

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

/* The media type of a PNG, JPEG, GIF or WebP; NULL for anything else. */
static const char *
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

bool
source_image(struct buf *url, const char *p, size_t n)
{
	const char *type = image_type(p, n);

	if (type == NULL)
		return false;
	buf_printf(url, "data:%s;base64,", type);
	add_base64(url, (const unsigned char *)p, n);
	return true;
}

void
source_check(const char *name, const char *p, size_t n)
{
	size_t valid = utf8_valid(p, n);

	if (valid < n)
		diag_die(EX_DATAERR, "%s: not UTF-8 at offset %zu", name, valid);
}

jv
source_string(const char *name, const char *s)
{
	source_check(name, s, strlen(s));
	return value_text(s, strlen(s));
}

const char *
source_file(const char *path, unsigned how, size_t max, struct buf *out)
{
	int status = io_slurp(path, how | IO_LIMIT, out, max);

	if (status != 0)
		exit(status);
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/*
 * Ends with 65 for what is no text. help is the beginning and rest the end of what mends
 * it, the file's name between the two; dash: standard input has one, too.
 */
static _Noreturn void
no_text(const char *path, const char *why, const char *help, bool dash,
    const char *rest)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct buf message = {0};

	buf_printf(&message, "%s: %s (%s", is_stdin ? "standard input" : path, why,
	    help);
	if (dash || !is_stdin) {
		buf_addc(&message, ' ');
		opt_quote(&message, path, strlen(path));
	}
	diag_die(EX_DATAERR, "%s %s)", buf_string(&message), rest);
}

const char *
source_text(const char *path, size_t max, struct buf *out)
{
	const char *name = source_file(path, IO_TEXT, max, out), *nul;
	const char *p = buf_string(out);
	size_t valid = utf8_valid(p, out->n);
	char why[80];

	if (strncmp(p, "%PDF-", 5) == 0)
		no_text(path, "a PDF, not text", "pdftotext", true,
		    "- makes text of it");
	if (image_type(p, out->n) != NULL)
		no_text(path, "an image, not text", "-i", true, "adds it");
	if (strncmp(p, "\xff\xfe", 2) == 0 || strncmp(p, "\xfe\xff", 2) == 0)
		no_text(path, "UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8",
		    false, "makes it so");
	nul = memchr(p, '\0', out->n);
	if (nul != NULL)
		diag_die(EX_DATAERR, "%s: a NUL byte at offset %zu: not text", name,
		    (size_t)(nul - p));
	if (valid < out->n) {
		(void)snprintf(why, sizeof(why), "not UTF-8 at offset %zu", valid);
		no_text(path, why, "iconv -f LATIN1 -t UTF-8", false,
		    "may make it so");
	}
	return name;
}

jv
source_object(const char *name, int status, const char *p, size_t n)
{
	struct json_fault fault = {.why = "not a JSON value"};
	struct json text;
	jv v = jv_invalid();

	source_check(name, p, n);
	if (json_parse(p, n, &text, &fault))
		v = value_of(text);
	if (!jv_is_valid(v))
		diag_die(status, "%s: not JSON: %s, at offset %zu", name,
		    fault.why, fault.at);
	if (jv_get_kind(v) != JV_KIND_OBJECT)
		diag_die(status, "%s: not a JSON object", name);
	return v;
}
