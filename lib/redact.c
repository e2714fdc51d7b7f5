#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "redact.h"

/* Headers that carry credentials, whoever sends them. */
static const char *const usual[] = {
	"authorization", "proxy-authorization", "cookie", "set-cookie",
	"x-api-key", "api-key",
};

static void
add(char ***list, size_t *n, const char *s)
{
	*list = mem_resize(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = mem_string(s);
}

void
redact_value(struct redact *r, const char *value)
{
	if (strlen(value) >= REDACT_SHORTEST)
		add(&r->values, &r->nvalues, value);
}

void
redact_name(struct redact *r, const char *name)
{
	add(&r->names, &r->nnames, name);
}

/* The length of the secret that starts the n bytes at p; 0: none does. */
static size_t
value_at(const struct redact *r, const char *p, size_t n)
{
	size_t i, len;

	for (i = 0; r != NULL && i < r->nvalues; i++) {
		len = strlen(r->values[i]);
		if (len <= n && memcmp(p, r->values[i], len) == 0)
			return len;
	}
	return 0;
}

/* The length of s when the n bytes at p start with "s:", in any case. */
static size_t
starts(const char *s, const char *p, size_t n)
{
	size_t len = strlen(s);

	return len < n && p[len] == ':' && strncasecmp(p, s, len) == 0 ? len : 0;
}

/* The length of the name of a secret header that starts the n bytes at p. */
static size_t
name_at(const struct redact *r, const char *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if ((len = starts(usual[i], p, n)) > 0)
			return len;
	for (i = 0; r != NULL && i < r->nnames; i++)
		if ((len = starts(r->names[i], p, n)) > 0)
			return len;
	return 0;
}

/* "Name: Bearer xyz" as "Name: Bearer ***"; returns how much of p that was. */
static size_t
hide_header(struct buf *out, const char *p, size_t n, size_t name,
    bool bracket)
{
	static const char *const schemes[] = {"Bearer ", "Basic "};
	const char *end = bracket ? memchr(p, ']', n) : NULL;
	size_t at = name + 1, len = end != NULL ? (size_t)(end - p) : n, i;

	while (at < len && p[at] == ' ')
		at++;
	for (i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (len - at > strlen(schemes[i]) &&
		    strncasecmp(p + at, schemes[i], strlen(schemes[i])) == 0)
			at += strlen(schemes[i]);
	buf_add(out, p, at);
	buf_adds(out, "***");
	return len;
}

static bool
ends_word(char c)
{
	return strchr(" \t'\"", c) != NULL;
}

/*
 * Hides the "user:secret" of a word that may be a URL, "://" in it or not: all up
 * to its last '@'. Returns how much of p that was; 0: there is no '@'.
 */
static size_t
hide_userinfo(struct buf *out, const char *p, size_t n)
{
	size_t i, at = 0, from = 0;

	for (i = 0; i < n && !ends_word(p[i]); i++) {
		if (p[i] == '@')
			at = i;
		if (from == 0 && n - i > 3 && memcmp(p + i, "://", 3) == 0)
			from = i + 3;
	}
	if (at <= from)
		return 0;
	buf_add(out, p, from);
	buf_adds(out, "***");
	return at;
}

void
redact_add(const struct redact *r, struct buf *out, const char *p, size_t n,
    unsigned also)
{
	size_t i, len;
	bool start;

	for (i = 0; i < n;) {
		if ((len = value_at(r, p + i, n - i)) > 0) {
			buf_adds(out, "***");
			i += len;
			continue;
		}
		start = i == 0 || p[i - 1] == '[' || p[i - 1] == ' ';
		len = start && (also & REDACT_HEADERS) != 0 ?
		    name_at(r, p + i, n - i) : 0;
		if (len > 0) {
			i += hide_header(out, p + i, n - i, len,
			    i > 0 && p[i - 1] == '[');
			continue;
		}
		start = i == 0 || ends_word(p[i - 1]);
		if (start && (also & REDACT_URLS) != 0 &&
		    (len = hide_userinfo(out, p + i, n - i)) > 0) {
			i += len;
			continue;
		}
		buf_addc(out, (unsigned char)p[i++]);
	}
}

static void
drop(char **list, size_t n)
{
	while (n > 0)
		free(list[--n]);
	free(list);
}

void
redact_free(struct redact *r)
{
	drop(r->values, r->nvalues);
	drop(r->names, r->nnames);
	*r = (struct redact){0};
}
