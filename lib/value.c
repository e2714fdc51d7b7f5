#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "mem.h"
#include "value.h"

static void
nomem(void *unused)
{
	(void)unused;
	mem_out();
}

/* libjq 1.6 says so itself and calls abort(3), whatever its handler is. */
static void
on_abort(int sig)
{
	(void)sig;
	mem_out_now();
}

void
value_init(void)
{
	struct sigaction sa = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGABRT, &sa, NULL);
	jv_nomem_handler(nomem, NULL);
}

jv
value_of(struct json v)
{
	struct buf text = {0};
	struct emit e = {.out = &text};
	jv value;

	if (v.p == NULL)
		return jv_invalid();
	if (v.n > INT_MAX / 2)
		mem_out();
	emit_json(&e, v);	/* libjq refuses a lone surrogate's escape */
	value = jv_parse_sized(text.p, (int)text.n);
	buf_free(&text);
	return value;
}

bool
value_parse(const char *text, size_t n, jv *v, struct json_fault *fault)
{
	struct json slice;

	*v = jv_invalid();
	if (!json_parse(text, n, &slice, fault))
		return false;
	*v = value_of(slice);
	if (jv_is_valid(*v))
		return true;
	fault->why = "not a JSON value";
	fault->at = 0;
	return false;
}

void
value_dump(jv v, struct buf *out)
{
	jv text = jv_dump_string(jv_copy(v), 0);

	buf_add(out, jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

jv
value_text(const char *p, size_t n)
{
	if (n > INT_MAX / 2)
		mem_out();
	return jv_string_sized(n > 0 ? p : "", (int)n);
}

jv
value_get(jv object, const char *name)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(object), jv_string(name));
}

jv
value_set(jv object, const char *name, jv value)
{
	return jv_object_set(object, jv_string(name), value);
}

const char *
value_string(jv object, const char *name)
{
	jv member = value_get(object, name);
	const char *s = NULL;

	/* The object holds its member, so that the text outlives our reference. */
	if (jv_get_kind(member) == JV_KIND_STRING)
		s = jv_string_value(member);
	jv_free(member);
	return s;
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
value_spell(const char *p, size_t n, struct buf *out)
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
value_spell_double(double x, struct buf *out)
{
	char text[32];
	int n = 0, digits;

	for (digits = 15; digits <= 17; digits++) {	/* 17 always do */
		n = snprintf(text, sizeof(text), "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	(void)value_spell(text, (size_t)n, out);
}
