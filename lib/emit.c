#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "utf8.h"

/* Before each value and each name. */
static void
begin(struct emit *e)
{
	if (e->comma)
		buf_addc(e->out, ',');
	e->comma = true;
}

void
emit_open(struct emit *e, char bracket)
{
	begin(e);
	buf_addc(e->out, bracket);
	e->comma = false;
}

void
emit_close(struct emit *e, char bracket)
{
	buf_addc(e->out, bracket);
	e->comma = true;
}

void
emit_named(struct emit *e)
{
	buf_addc(e->out, ':');
	e->comma = false;
}

struct emit *
emit_name(struct emit *e, const char *name)
{
	emit_text(e, name, strlen(name));
	emit_named(e);
	return e;
}

void
emit_text(struct emit *e, const char *p, size_t n)
{
	begin(e);
	json_quote(e->out, p, n);
}

void
emit_word(struct emit *e, const char *word)
{
	begin(e);
	buf_adds(e->out, word);
}

void
emit_count(struct emit *e, unsigned long long n)
{
	begin(e);
	buf_printf(e->out, "%llu", n);
}

void
emit_real(struct emit *e, double x)
{
	begin(e);
	buf_printf(e->out, "%.6g", x);
}

/* Appends a value, its strings written anew; compact: no white space between tokens. */
static void
rewrite(struct buf *out, struct json v, bool compact)
{
	const char *p, *end = v.p + v.n, *after;
	struct buf text = {0};

	for (p = v.p; p < end; p = after) {
		if (*p != '"') {
			after = compact ? p + 1 : memchr(p, '"', (size_t)(end - p));
			if (after == NULL)
				after = end;
			if (!compact || !json_is_space(*p))
				buf_add(out, p, (size_t)(after - p));
			continue;
		}
		after = json_string_end(p, end).p;
		buf_clear(&text);
		json_text((struct json){p, (size_t)(after - p)}, &text);
		json_quote(out, text.p, text.n);
	}
	buf_free(&text);
}

void
emit_json(struct emit *e, struct json v)
{
	if (v.p == NULL) {
		emit_word(e, "null");
		return;
	}
	begin(e);
	if (memchr(v.p, '\\', v.n) == NULL && utf8_valid(v.p, v.n) == v.n)
		buf_add(e->out, v.p, v.n);
	else
		rewrite(e->out, v, false);
}

void
emit_compact(struct emit *e, struct json v)
{
	begin(e);
	rewrite(e->out, v, true);
}

/* The spelling of numbers. */

enum {
	MAX_EXPONENT = 9,	/* its digits: a long holds the sum with any length */
	MAX_ZEROS = 20,		/* after the digits: 100000000000000000000, but 1e+21 */
	MAX_LEADING = 5,	/* after the point: 0.000001, but 1e-7 */
};

/* 0.DIGITS times ten to the power of scale; no digits are 0. */
struct decimal {
	bool		negative;
	struct buf	digits;		/* neither the first nor the last one is 0 */
	long		scale;
};

/* Takes the digits; those after the point do not count for the scale. */
static const char *
take_digits(struct decimal *d, const char *p, const char *end)
{
	bool whole = true;

	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			whole = false;
			continue;
		}
		if (d->digits.n > 0 || *p != '0')
			buf_addc(&d->digits, *p);
		if (d->digits.n > 0 ? whole : !whole)
			d->scale += whole ? 1 : -1;
	}
	buf_trim(&d->digits, "0");
	return p;
}

/* Adds "e+5" to the scale; false where it is too long. */
static bool
take_exponent(struct decimal *d, const char *p, const char *end)
{
	long sign = 1, exponent = 0;

	if (p == end || d->digits.n == 0)
		return true;
	if (*++p == '-')
		sign = -1;
	p += *p == '-' || *p == '+';
	while (p < end && *p == '0')
		p++;
	if (end - p > MAX_EXPONENT)
		return false;
	for (; p < end; p++)
		exponent = exponent * 10 + (*p - '0');
	d->scale += sign * exponent;
	return true;
}

static void
add_zeros(struct buf *out, long n)
{
	while (n-- > 0)
		buf_addc(out, '0');
}

static void
write_decimal(const struct decimal *d, struct buf *out)
{
	long n = (long)d->digits.n, whole = d->scale;

	if (n == 0) {
		buf_addc(out, '0');
		return;
	}
	if (d->negative)
		buf_addc(out, '-');
	if (whole > n + MAX_ZEROS || whole < -MAX_LEADING)
		whole = 1;	/* before the point, and an exponent follows */
	else if (whole <= 0)
		buf_adds(out, "0.");
	add_zeros(out, -whole);
	buf_add(out, d->digits.p, (size_t)(whole > 0 && whole < n ? whole : n));
	add_zeros(out, whole - n);
	if (whole > 0 && whole < n) {
		buf_addc(out, '.');
		buf_add(out, d->digits.p + whole, (size_t)(n - whole));
	}
	if (whole != d->scale)
		buf_printf(out, "e%+ld", d->scale - whole);
}

bool
emit_spell(const char *p, size_t n, struct buf *out)
{
	struct decimal d = {.negative = *p == '-'};
	const char *end = p + n;
	bool ok;

	p = take_digits(&d, p + (d.negative ? 1 : 0), end);
	ok = take_exponent(&d, p, end);
	if (ok)
		write_decimal(&d, out);
	buf_free(&d.digits);
	return ok;
}

/* The fewest digits that give the double back are the number's own. */
bool
emit_is_double(const struct buf *spelled, double x)
{
	struct buf held = {0};
	char text[32];
	int n = 0, digits;
	bool same;

	if (!isfinite(x))
		return false;
	for (digits = 15; digits <= 17; digits++) {	/* 17 always do */
		n = snprintf(text, sizeof(text), "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	same = emit_spell(text, (size_t)n, &held) &&
	    buf_is(spelled, held.p, held.n);
	buf_free(&held);
	return same;
}
