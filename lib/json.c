#include <limits.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json.h"
#include "mem.h"
#include "utf8.h"

/* What a letter after a backslash stands for; 0: it is none of them. */
static const unsigned char escapes[256] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f',
	['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

/* The letter that stands for a byte after a backslash; 0: there is none. */
static const char letters[256] = {
	['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',
	['\r'] = 'r', ['\t'] = 't',
};

/* Whether a byte ends a run of plain text inside a string. */
static bool
is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/*
 * After a run of plain text as far as it can be told in steps of STEP bytes. With
 * ascii, what is no ASCII ends it too.
 */
#ifdef __SSE2__
enum { STEP = 16 };

static inline const char *
plain_steps(const char *p, const char *end, bool ascii)
{
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
	    last_control = _mm_set1_epi8(0x1f);
	__m128i x, hit;
	int mask;

	for (; end - p >= STEP; p += STEP) {
		x = _mm_loadu_si128((const __m128i *)p);
		hit = _mm_or_si128(_mm_cmpeq_epi8(x, quote),
		    _mm_cmpeq_epi8(x, backslash));
		hit = _mm_or_si128(hit,
		    _mm_cmpeq_epi8(_mm_min_epu8(x, last_control), x));
		if (ascii)
			hit = _mm_or_si128(hit, x);	/* the mask is of high bits */
		mask = _mm_movemask_epi8(hit);
		if (mask != 0)
			return p + __builtin_ctz((unsigned)mask);
	}
	return p;
}
#else
enum { STEP = 8 };

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Not 0 where one of eight bytes is 0; a byte above one may be told so as well. */
static uint64_t
zero_byte(uint64_t x)
{
	return (x - EACH_BYTE(1)) & ~x & EACH_BYTE(0x80);
}

static inline const char *
plain_steps(const char *p, const char *end, bool ascii)
{
	uint64_t x;

	for (; end - p >= STEP; p += STEP) {
		memcpy(&x, p, STEP);
		if ((((x - EACH_BYTE(0x20)) & ~x & EACH_BYTE(0x80)) |
		    zero_byte(x ^ EACH_BYTE('"')) |
		    zero_byte(x ^ EACH_BYTE('\\')) |
		    (ascii ? x & EACH_BYTE(0x80) : 0)) != 0)
			break;
	}
	return p;
}
#endif

/*
 * After a run of plain text: the next quote, backslash or control, or end; with ascii,
 * or what is no ASCII.
 */
static inline const char *
after_plain(const char *p, const char *end, bool ascii)
{
	p = plain_steps(p, end, ascii);
	while (p < end && !is_special(*p) && !(ascii && (*p & 0x80) != 0))
		p++;
	return p;
}

/* Its value; 16 and more for what is none. */
static uint32_t
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint32_t)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (uint32_t)(c - 'A') + 10;
	return 16;
}

/*
 * The checkers below take the first byte of what they check and return what
 * follows it, or NULL with the fault set.
 */
static const char too_deep[] = "nested more than 256 deep";
static const char no_comma[] = "no comma or closing bracket after a value";

static const char *
wrong(struct json_check *c, const char *p, const char *why)
{
	c->fault->why = p < c->end ? why : "it ends too early";
	c->fault->at = (size_t)(p - c->start);
	c->fault->too_deep = why == too_deep;
	return NULL;
}

static const char *
check_string(struct json_check *c, const char *p)
{
	int i;

	for (p++;;) {
		p = after_plain(p, c->end, false);
		if (p == c->end)
			return wrong(c, p, NULL);
		if (*p == '"')
			return p + 1;
		if (*p != '\\')
			return wrong(c, p, "a control character in a string");
		if (++p == c->end)
			return wrong(c, p, NULL);
		if (*p == 'u') {
			for (i = 0, p++; i < 4; i++, p++)
				if (p == c->end || hex_digit(*p) > 15)
					return wrong(c, p, "a broken \\u escape");
		} else if (escapes[(unsigned char)*p] != 0) {
			p++;
		} else {
			return wrong(c, p, "an unknown escape");
		}
	}
}

/* The end of a string whose first steps, up to q, are plain ASCII. */
static struct json_end
string_rest(const char *q, const char *end)
{
	struct json_fault fault;
	struct json_check c = {.start = q, .end = end, .fault = &fault};

	q = after_plain(q, end, true);
	if (q < end && *q == '"')
		return (struct json_end){q + 1, true};
	return (struct json_end){check_string(&c, q - 1), false};
}

struct json_end
json_string_end(const char *p, const char *end)
{
	const char *q = plain_steps(p + 1, end, true);

	if (q < end && *q == '"')
		return (struct json_end){q + 1, true};
	return string_rest(q, end);
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static const char *
check_number(struct json_check *c, const char *p)
{
	const char *digits;

	if (*p == '-')
		p++;
	digits = p;
	if (p < c->end && *p == '0')
		p++;
	else
		p = skip_digits(p, c->end);
	if (p == digits)
		return wrong(c, p, "a broken number");
	if (p < c->end && *p == '.') {
		digits = ++p;
		p = skip_digits(p, c->end);
		if (p == digits)
			return wrong(c, p, "a broken number");
	}
	if (p < c->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < c->end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(p, c->end);
		if (p == digits)
			return wrong(c, p, "a broken number");
	}
	return p;
}

static const char *
check_word(struct json_check *c, const char *p, const char *word)
{
	for (; *word != '\0'; word++, p++)
		if (p == c->end || *p != *word)
			return wrong(c, p, "not a JSON value");
	return p;
}

static const char *
check_scalar(struct json_check *c, const char *p)
{
	switch (*p) {
	case '"':
		return check_string(c, p);
	case 't':
		return check_word(c, p, "true");
	case 'f':
		return check_word(c, p, "false");
	case 'n':
		return check_word(c, p, "null");
	default:
		if (*p == '-' || (*p >= '0' && *p <= '9'))
			return check_number(c, p);
		return wrong(c, p, "not a JSON value");
	}
}

/* A member's name, n bytes, and colon; p is where the name must start. */
static const char *
check_name(struct json_check *c, const char *p, size_t *n)
{
	const char *start = p;

	if (p == c->end || *p != '"')
		return wrong(c, p, "no member name where one must be");
	p = check_string(c, p);
	if (p == NULL)
		return NULL;
	*n = (size_t)(p - start);
	p = json_skip(p, c->end);
	if (p == c->end || *p != ':')
		return wrong(c, p, "no colon after a member name");
	return json_skip(p + 1, c->end);
}

/* What is open around a value, a byte a level: whether it is an object. */
struct nest {
	unsigned char	object[JSON_MAX_DEPTH];
	int		depth;
};

/*
 * The bracket at p, and what follows it up to the first value; or, where there
 * is none, past the closing one, which *ended tells.
 */
static const char *
check_open(struct json_check *c, struct nest *n, const char *p, bool *ended)
{
	bool object = *p == '{';
	size_t len;

	if (n->depth == JSON_MAX_DEPTH - c->depth)
		return wrong(c, p, too_deep);
	p = json_skip(p + 1, c->end);
	*ended = p < c->end && *p == (object ? '}' : ']');
	if (*ended)
		return p + 1;
	n->object[n->depth++] = object;
	return object ? check_name(c, p, &len) : p;
}

/*
 * A value has ended at p: what ends with it, and what follows up to the next
 * value. When nothing is open any more, *done.
 */
static const char *
check_close(struct json_check *c, struct nest *n, const char *p, bool *done)
{
	bool object;
	size_t len;

	for (; n->depth > 0; n->depth--, p++) {
		object = n->object[n->depth - 1];
		p = json_skip(p, c->end);
		if (p == c->end)
			return wrong(c, p, NULL);
		if (*p == ',') {
			p = json_skip(p + 1, c->end);
			return object ? check_name(c, p, &len) : p;
		}
		if (*p != (object ? '}' : ']'))
			return wrong(c, p, no_comma);
	}
	*done = true;
	return p;
}

/* One value, without recursion. */
static const char *
check_value(struct json_check *c, const char *p)
{
	struct nest n;
	bool ended, done = false;

	n.depth = 0;
	while (p != NULL && !done) {
		if (p == c->end)
			return wrong(c, p, NULL);
		ended = true;
		if (*p == '{' || *p == '[')
			p = check_open(c, &n, p, &ended);
		else
			p = check_scalar(c, p);
		if (p != NULL && ended)
			p = check_close(c, &n, p, &done);
	}
	return p;
}

/* The text's value has ended at p: nothing but white space may follow. */
static bool
end_text(struct json_check *c, const char *p, struct json *v)
{
	const char *start = json_skip(c->start, c->end);
	const char *rest = json_skip(p, c->end);

	if (rest != c->end) {
		wrong(c, rest, "more than one value");
		return false;
	}
	*v = (struct json){start, (size_t)(p - start)};
	return true;
}

bool
json_parse(const char *text, size_t n, struct json *v, struct json_fault *fault)
{
	struct json_check c = {.start = text, .end = text + n, .fault = fault};
	const char *end = check_value(&c, json_skip(text, c.end));

	*v = (struct json){0};
	return end != NULL && end_text(&c, end, v);
}

enum json_type
json_type(struct json v)
{
	if (v.p == NULL)
		return JSON_NONE;
	switch (*v.p) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

/*
 * Walking checks what it passes, in a text that was checked before as well: its
 * checkers are as fast as anything that would pass the same bytes unchecked.
 */

static struct json_iter
walk(struct json_check c, const char *p)
{
	return (struct json_iter){.c = c, .p = p + 1, .object = *p == '{'};
}

struct json_iter
json_open(const char *text, size_t n, struct json_fault *fault)
{
	struct json_check c = {text, text + n, fault, 1};
	const char *p = json_skip(text, c.end);

	return p < c.end && *p == '{' ? walk(c, p) : (struct json_iter){0};
}

struct json_iter
json_first(struct json v)
{
	static struct json_fault none;	/* what was checked has no fault */
	enum json_type type = json_type(v);

	if (type != JSON_ARRAY && type != JSON_OBJECT)
		return (struct json_iter){0};
	return walk((struct json_check){v.p, v.p + v.n, &none, 0}, v.p);
}

struct json_iter
json_enter(const struct json_iter *i)
{
	struct json_check c = i->c;

	/* What is too deep is left to json_leave, which says so. */
	if (i->p == c.end || (*i->p != '{' && *i->p != '[') ||
	    c.depth == JSON_MAX_DEPTH)
		return (struct json_iter){0};
	c.depth++;
	return walk(c, i->p);
}

bool
json_name(struct json_iter *i, struct json *name)
{
	const char *p, *end = i->c.end;

	*name = (struct json){0};
	if (i->p == NULL)
		return false;
	p = i->p = json_skip(i->p, end);
	if (p < end && *p == (i->object ? '}' : ']'))
		return false;
	if (i->begun && (p == end || *p != ','))
		p = wrong(&i->c, p, no_comma);
	else if (i->begun)
		p = json_skip(p + 1, end);
	i->begun = true;
	if (i->object && p != NULL) {
		name->p = p;
		p = check_name(&i->c, p, &name->n);
	}
	i->p = p;
	return p != NULL;
}

/* What is there is passed, up to p; NULL: a fault was found, the walk is over. */
static void
pass(struct json_iter *i, const char *p, struct json *value)
{
	*value = (struct json){0};
	if (p != NULL)
		*value = (struct json){i->p, (size_t)(p - i->p)};
	i->p = p;
}

void
json_pass(struct json_iter *i, struct json *value)
{
	const char *p = i->p;
	bool scalar = p < i->c.end && *p != '{' && *p != '[';

	/* What does not nest is spared the stack for it. */
	pass(i, scalar ? check_scalar(&i->c, p) : check_value(&i->c, p), value);
}

void
json_leave(struct json_iter *i, const struct json_iter *inner, struct json *value)
{
	if (inner->c.end == NULL)
		json_pass(i, value);
	else
		pass(i, inner->p != NULL ? inner->p + 1 : NULL, value);
}

bool
json_more(struct json_iter *i, struct json *name, struct json *value)
{
	*value = (struct json){0};
	if (!json_name(i, name))
		return false;
	json_pass(i, value);
	return i->p != NULL;
}

bool
json_close(const struct json_iter *i, struct json *v)
{
	struct json_check c = i->c;

	return i->p != NULL && end_text(&c, i->p + 1, v);
}

struct json
json_get(struct json object, const char *name)
{
	struct json_iter i;
	struct json key, value, found = {0};

	if (json_type(object) != JSON_OBJECT)
		return found;
	for (i = json_first(object); json_more(&i, &key, &value);)
		if (json_is(key, name))
			found = value;
	return found;
}

static uint32_t
hex4(const char *p)
{
	return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 |
	    hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

static bool
is_high(uint32_t r)
{
	return r >= 0xd800 && r <= 0xdbff;
}

static bool
is_low(uint32_t r)
{
	return r >= 0xdc00 && r <= 0xdfff;
}

static uint32_t
pair(uint32_t high, uint32_t low)
{
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/*
 * The character that the escape at p (a backslash) means; UTF8_INVALID for the half of
 * a pair that stands alone, a high one kept in *half where the string ends with it.
 * Returns what follows it.
 */
static const char *
read_escape(const char *p, const char *end, uint32_t *rune, uint32_t *half)
{
	uint32_t r, low;

	if (p[1] != 'u') {
		*rune = escapes[(unsigned char)p[1]];
		return p + 2;
	}
	r = hex4(p + 2);
	p += 6;
	if (is_high(r) && p[0] == '\\' && p[1] == 'u') {
		low = hex4(p + 2);
		if (is_low(low)) {
			*rune = pair(r, low);
			return p + 6;
		}
	}
	if (is_high(r) && p == end)
		*half = r;
	*rune = is_high(r) || is_low(r) ? UTF8_INVALID : r;
	return p;
}

/*
 * The pair that a half, kept from the piece before, and the one whose first
 * escape is at p make together; 0: none.
 */
static uint32_t
mend(uint32_t half, const char *p, const char *end)
{
	uint32_t low;

	if (half == 0 || end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return 0;
	low = hex4(p + 2);
	return is_low(low) ? pair(half, low) : 0;
}

/*
 * Appends what a string says, as json_join does, unless out is NULL; returns how many
 * characters it adds.
 */
static size_t
join(struct json v, struct buf *out, uint32_t *half)
{
	const char *p = v.p + 1, *end = v.p + v.n - 1, *run;
	size_t count = 0;
	uint32_t rune = mend(*half, p, end);

	if (rune != 0)
		p += 6;
	if (rune != 0 && out != NULL) {
		/* Where a caller has lost it, nothing else is taken back. */
		if (out->n >= 3 && memcmp(out->p + out->n - 3, "\xef\xbf\xbd", 3) == 0)
			out->n -= 3;
		utf8_encode(out, rune);
	}
	for (*half = 0; p < end; count++) {
		run = p;
		p = after_plain(p, end, true);
		count += (size_t)(p - run);
		if (out != NULL)
			buf_add(out, run, (size_t)(p - run));
		if (p == end)
			break;
		if (*p == '\\')
			p = read_escape(p, end, &rune, half);
		else
			p += utf8_decode(p, (size_t)(end - p), &rune);
		if (out != NULL)
			utf8_encode(out, rune != UTF8_INVALID ? rune : 0xfffd);
	}
	return count;
}

void
json_join(struct json v, struct buf *out, uint32_t *half)
{
	if (json_type(v) != JSON_STRING || v.n == 2)
		return;
	buf_reserve(out, v.n);
	(void)join(v, out, half);
}

void
json_text(struct json v, struct buf *out)
{
	uint32_t half = 0;

	json_join(v, out, &half);
}

size_t
json_chars(struct json v, uint32_t *half)
{
	if (json_type(v) != JSON_STRING || v.n == 2)
		return 0;
	return join(v, NULL, half);
}

char *
json_string(struct json v)
{
	struct buf b = {0};

	if (json_type(v) != JSON_STRING)
		return NULL;
	json_text(v, &b);
	return buf_take(&b);
}

bool
json_holds(struct json v)
{
	struct json_iter i = json_first(v);
	struct json name, value;

	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
		return false;
	case JSON_STRING:
		return v.n > 2;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return json_more(&i, &name, &value);
	default:
		return true;
	}
}

bool
json_equals(struct json v, const char *p, size_t n)
{
	struct buf b = {0};
	bool same;

	if (json_type(v) != JSON_STRING)
		return false;
	/* A string says its bytes, but for escapes, and for what U+FFFD stands in for. */
	same = v.n == n + 2 && (n == 0 || memcmp(v.p + 1, p, n) == 0);
	if (memchr(v.p, '\\', v.n) == NULL && (same || utf8_valid(v.p, v.n) == v.n))
		return same;
	json_text(v, &b);
	same = buf_is(&b, p, n);
	buf_free(&b);
	return same;
}

double
json_number(struct json v)
{
	char *copy;
	double x;

	if (json_type(v) != JSON_NUMBER)
		return 0;
	copy = mem_copy(v.p, v.n);
	x = strtod(copy, NULL);
	free(copy);
	return x;
}

long
json_index(struct json v)
{
	double x;

	if (v.n == 1 && *v.p >= '0' && *v.p <= '9')
		return *v.p - '0';
	x = json_number(v);
	return json_type(v) == JSON_NUMBER && x >= 0 && x < INT_MAX ?
	    (long)x : -1;
}

void
json_quote(struct buf *out, const char *p, size_t n)
{
	const char *end = n > 0 ? p + n : p, *run;	/* p may be NULL then */
	char escape[] = "\\.";

	buf_addc(out, '"');
	while (p < end) {
		run = p;
		p = after_plain(p, end, false);
		buf_add(out, run, (size_t)(p - run));
		if (p == end)
			break;
		escape[1] = letters[(unsigned char)*p];
		if (escape[1] != 0)
			buf_add(out, escape, 2);
		else
			buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*p);
		p++;
	}
	buf_addc(out, '"');
}

/* A byte of a string; whether it ends the text. */
static bool
scan_string(struct json_scan *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->in_string = false;
	return !s->in_string && s->depth == 0;
}

/* A byte outside of strings and words; whether it ends the text. */
static bool
scan_mark(struct json_scan *s, char c)
{
	if (c == '"')
		s->in_string = true;
	else if (c == '{' || c == '[')
		s->depth++;
	else if ((c == '}' || c == ']') && s->depth > 0)
		return --s->depth == 0;
	else if (s->depth == 0)
		s->in_word = !json_is_space(c);
	return false;
}

size_t
json_scan(struct json_scan *s, const char *p, size_t n, bool *whole)
{
	size_t i;

	*whole = false;
	for (i = 0; i < n; i++) {
		if (s->in_word) {
			*whole = json_is_space(p[i]) || memchr("{}[]\"", p[i], 5) != NULL;
			if (*whole)
				return i;
			continue;
		}
		*whole = s->in_string ? scan_string(s, p[i]) : scan_mark(s, p[i]);
		if (*whole)
			return i + 1;
	}
	return n;
}
