#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "mem.h"
#include "value.h"

/* Below, a double that is whole is no other number rounded. */
#define TOO_LARGE 9007199254740992.0

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

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes digits up to a letter; those after the point do not count for the scale. */
static const char *
take_digits(struct decimal *d, const char *p, const char *end)
{
	bool whole = true;

	for (; p < end && (is_digit(*p) || *p == '.'); p++) {
		if (*p == '.') {
			whole = false;
			continue;
		}
		if (d->digits.n > 0 || *p != '0')
			buf_addc(&d->digits, *p);
		if (d->digits.n > 0 ? whole : !whole)
			d->scale += whole ? 1 : -1;
	}
	while (d->digits.n > 0 && d->digits.p[d->digits.n - 1] == '0')
		d->digits.n--;
	return p;
}

/* Adds "e+5" to the scale; false where it is too long. */
static bool
take_exponent(struct decimal *d, const char *p, const char *end)
{
	bool negative;
	long exponent = 0;

	if (p == end || d->digits.n == 0)
		return true;
	negative = *++p == '-';
	if (*p == '-' || *p == '+')
		p++;
	while (p < end && *p == '0')
		p++;
	if (end - p > MAX_EXPONENT)
		return false;
	for (; p < end; p++)
		exponent = exponent * 10 + (*p - '0');
	d->scale += negative ? -exponent : exponent;
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

/* Appends the one spelling of the JSON number of n bytes at p. */
static bool
spell(const char *p, size_t n, struct buf *out)
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

bool
exact_spell(double x, struct buf *out)
{
	char text[32];
	int n = 0, digits;

	if (!(fabs(x) < TOO_LARGE))
		return false;
	/* The fewest digits that give it back: 17 always do. */
	for (digits = 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof(text), "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	return n > 0 && spell(text, (size_t)n, out);
}

static jv
number(struct json v, struct buf *why)
{
	struct buf said = {0}, held = {0};
	double x = json_number(v);
	jv value = jv_invalid();

	if (!spell(v.p, v.n, &said))
		buf_adds(why, "a number with an exponent of more than nine"
		    " digits: --id cannot tell it from others");
	else if (exact_spell(x, &held) && held.n == said.n &&
	    memcmp(held.p, said.p, said.n) == 0)
		value = jv_number(x + 0.0);	/* -0 is 0 */
	else
		value = value_text(said.p, said.n);
	buf_free(&said);
	buf_free(&held);
	return value;
}

static jv
string(struct json v)
{
	struct buf text = {0};
	jv value;

	json_text(v, &text);
	value = value_text(text.p, text.n);
	buf_free(&text);
	return value;
}

/* An array or an object. */
static jv
container(struct json v, struct buf *why)
{
	bool object = json_type(v) == JSON_OBJECT;
	jv all = object ? jv_object() : jv_array(), one;
	struct json name, value;
	struct json_iter i;

	for (i = json_first(v); json_more(&i, &name, &value);) {
		one = exact_value(value, why);
		if (!jv_is_valid(one)) {
			jv_free(all);
			return one;
		}
		all = object ? jv_object_set(all, string(name), one)
		    : jv_array_append(all, one);
	}
	return all;
}

jv
exact_value(struct json v, struct buf *why)
{
	switch (json_type(v)) {
	case JSON_NUMBER:
		return number(v, why);
	case JSON_STRING:
		return string(v);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return container(v, why);
	case JSON_NONE:
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
		break;
	}
	return value_of(v);
}
