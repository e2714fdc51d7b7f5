#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "redact.h"

enum {
	KEY_CHARS = 20,		/* a key's, after its sign */
	WORD_CHARS = 8,		/* a token's, where a digit is among them */
	LONG_WORD = 16,		/* a key's of that many is no word of a text */
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Headers that carry credentials, whoever sends them. */
static const char *const usual[] = {
	"authorization", "proxy-authorization", "cookie", "set-cookie",
	"x-api-key", "api-key", "x-goog-api-key", "x-auth-token",
	"ocp-apim-subscription-key",
};

/* Whether n bytes are one of these names, in any case. */
static bool
is_one(const char *name, size_t n, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0)
			return true;
	return false;
}

bool
redact_is_secret(const char *name)
{
	return is_one(name, strcspn(name, ":"), usual, COUNT(usual));
}

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

static bool
may_be_word(const char *value)
{
	size_t n = strlen(value);

	return n < WORD_CHARS ||
	    (n < LONG_WORD && strpbrk(value, "0123456789") == NULL);
}

/*
 * The length of the value that starts the n bytes at p; with begun, of one that is
 * longer and that they begin; 0: there is none.
 */
static size_t
value_at(const struct redact *r, const char *p, size_t n, unsigned also, bool begun)
{
	const char *value;
	size_t i, len;

	for (i = 0; r != NULL && i < r->nvalues; i++) {
		value = r->values[i];
		len = strlen(value);
		if ((begun ? len > n : len <= n) &&
		    memcmp(p, value, begun ? n : len) == 0 &&
		    ((also & REDACT_ANSWER) == 0 || !may_be_word(value)))
			return len;
	}
	return 0;
}

static bool
is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* What the keys of some makers start with. */
static const char *const signs[] = {
	"sk-", "sk_", "gsk_", "xai-", "pplx-", "AIza", "hf_",
};

/* The length of the sign that the n bytes at p start with; 0: with none. */
static size_t
sign_at(const char *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < COUNT(signs); i++) {
		len = strlen(signs[i]);
		if (len <= n && memcmp(p, signs[i], len) == 0)
			return len;
	}
	return 0;
}

bool
redact_has_sign(const char *word)
{
	return sign_at(word, strlen(word)) > 0;
}

/*
 * Whether the n bytes at p start with "Bearer" and a token, and where that is. A word
 * that is short and without a digit is none: "a Bearer token is missing".
 */
static size_t
bearer(const char *p, size_t n, size_t *token)
{
	static const char scheme[] = "bearer";
	size_t at = sizeof(scheme) - 1, len;
	bool digit = false;

	if (n <= at || strncasecmp(p, scheme, at) != 0)
		return 0;
	for (*token = at; *token < n && strchr(" \t:", p[*token]) != NULL &&
	    p[*token] != '\0'; ++*token)
		;
	/* A token's characters: RFC 6750, section 2.1. */
	for (len = *token; len < n && (is_key_char(p[len]) ||
	    memchr(".~+/=", p[len], 5) != NULL); len++)
		digit = digit || (p[len] >= '0' && p[len] <= '9');
	return *token > at && len - *token >= (digit ? WORD_CHARS : KEY_CHARS) ?
	    len : 0;
}

/*
 * Hides what starts the n bytes at p and looks like a key; returns how much of p
 * that was, 0 where nothing does.
 */
static size_t
hide_key(struct buf *out, const char *p, size_t n)
{
	size_t sign = sign_at(p, n), len = sign, token = 0;

	while (sign > 0 && len < n && is_key_char(p[len]))
		len++;
	if (len - sign < KEY_CHARS)
		len = bearer(p, n, &token);
	if (len == 0)
		return 0;
	buf_add(out, p, token);
	buf_adds(out, "***");
	return len;
}

/* The length of the name of a secret header that starts the n bytes at p. */
static size_t
name_at(const struct redact *r, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	size_t len = colon != NULL ? (size_t)(colon - p) : 0;

	return len > 0 && (is_one(p, len, usual, COUNT(usual)) || (r != NULL &&
	    is_one(p, len, (const char *const *)r->names, r->nnames))) ? len : 0;
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
	for (i = 0; i < COUNT(schemes); i++)
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
hide_userinfo(const struct redact *r, struct buf *out, const char *p, size_t n)
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
	redact_add(r, out, p, from, 0);
	buf_adds(out, "***");
	return at;
}

/*
 * Hides the secret that starts the bytes of p from i to n; returns how many that
 * was, 0 where none does.
 */
static size_t
hide(const struct redact *r, struct buf *out, const char *p, size_t i, size_t n,
    unsigned also)
{
	size_t len = value_at(r, p + i, n - i, also, false), name;
	char before = ' ';

	if (i > 0)
		before = p[i - 1];
	if (len > 0)
		buf_adds(out, "***");
	if (len == 0 && (also & REDACT_ANSWER) == 0 && !is_key_char(before))
		len = hide_key(out, p + i, n - i);
	if (len == 0 && (also & REDACT_HEADERS) != 0 &&
	    (before == '[' || before == ' ') &&
	    (name = name_at(r, p + i, n - i)) > 0)
		len = hide_header(out, p + i, n - i, name, before == '[');
	if (len == 0 && (also & REDACT_URLS) != 0 && ends_word(before))
		len = hide_userinfo(r, out, p + i, n - i);
	return len;
}

void
redact_add(const struct redact *r, struct buf *out, const char *p, size_t n,
    unsigned also)
{
	size_t i, len;

	for (i = 0; i < n; i += len > 0 ? len : 1) {
		len = hide(r, out, p, i, n, also);
		if (len == 0)
			buf_addc(out, (unsigned char)p[i]);
	}
}

/* Appends one string of a JSON text. */
static void
add_string(const struct redact *r, struct buf *out, struct json v, unsigned also)
{
	struct buf text = {0}, safe = {0};

	json_text(v, &text);
	redact_add(r, &safe, text.p, text.n, also);
	if (buf_is(&safe, text.p, text.n))
		buf_add(out, v.p, v.n);
	else
		json_quote(out, safe.p, safe.n);
	buf_free(&text);
	buf_free(&safe);
}

void
redact_json(const struct redact *r, struct buf *out, struct json v,
    unsigned also)
{
	const char *p = v.p, *end = p + v.n, *next;

	for (; p < end; p = next) {
		next = *p == '"' ? json_string_end(p, end).p : NULL;
		if (next != NULL) {
			add_string(r, out, (struct json){p, (size_t)(next - p)},
			    also);
			continue;
		}
		next = memchr(p + 1, '"', (size_t)(end - p - 1));
		if (next == NULL)
			next = end;
		buf_add(out, p, (size_t)(next - p));
	}
}

/* In redact_add's order: the end of a whole value may begin another, and is none. */
size_t
redact_begun(const struct redact *r, const char *p, size_t n, unsigned also)
{
	size_t i, len;

	for (i = 0; i < n; i += len > 0 ? len : 1) {
		len = value_at(r, p + i, n - i, also, false);
		if (len == 0 && value_at(r, p + i, n - i, also, true) > 0)
			return n - i;
	}
	return 0;
}

static void
drop(char **list, size_t n)
{
	while (n > 0)
		mem_forget(list[--n]);
	free(list);
}

void
redact_free(struct redact *r)
{
	drop(r->values, r->nvalues);
	drop(r->names, r->nnames);
	*r = (struct redact){0};
}
