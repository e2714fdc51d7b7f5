#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "decimal.h"

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

bool
decimal_spell(const char *p, size_t n, struct buf *out)
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

void
decimal_of(double x, struct buf *out)
{
	char text[32];
	int n = 0, digits;

	for (digits = 15; digits <= 17; digits++) {	/* 17 always do */
		n = snprintf(text, sizeof(text), "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	(void)decimal_spell(text, (size_t)n, out);
}
