/*
 * Any text that is shown, stored or passed on in pieces: the key is in none of it, and
 * JSON stays JSON.
 *
 * An input is a line, the key, and the text.
 */
#include "fuzz.h"
#include "json.h"
#include "redact.h"

enum { LONGEST = 200 };

static bool
holds(const char *p, size_t n, const char *key, size_t length)
{
	size_t i;

	for (i = 0; i + length <= n; i++)
		if (memcmp(p + i, key, length) == 0)
			return true;
	return false;
}

/*
 * Of visible ASCII, as key_read lets through; no part of what stands in its place, nor,
 * with a digit in it, of a header's name.
 */
static bool
is_key(const char *p, size_t n)
{
	bool digit = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] > '~' || p[i] == '*')
			return false;
		digit = digit || (p[i] >= '0' && p[i] <= '9');
	}
	return digit && n >= REDACT_SHORTEST && n <= LONGEST;
}

static void
check_strings(struct json v, const char *key, size_t length)
{
	struct json_iter i = json_first(v);
	struct json name, element;
	struct buf text = {0};

	if (json_type(v) == JSON_STRING) {
		json_text(v, &text);
		FUZZ_NEED(!holds(text.p, text.n, key, length));
		buf_free(&text);
	}
	while (json_more(&i, &name, &element)) {
		if (json_type(v) == JSON_OBJECT)
			check_strings(name, key, length);
		check_strings(element, key, length);
	}
}

static void
check_json(const struct redact *r, const char *p, size_t n, const char *key,
    size_t length)
{
	struct json_fault fault;
	struct buf out = {0};
	struct json v;

	if (!json_parse(p, n, &v, &fault))
		return;
	redact_json(r, &out, v, 0);
	FUZZ_NEED(json_parse(out.p, out.n, &v, &fault));
	check_strings(v, key, length);
	buf_free(&out);
}

/* Shows all that is not the beginning of something, and keeps the rest. */
static void
show(const struct redact *r, struct buf *held, struct buf *out, bool last)
{
	size_t kept = last ? 0 : redact_begun(r, held->p, held->n, 0);

	FUZZ_NEED(kept <= held->n);
	redact_add(r, out, held->p, held->n - kept, 0);
	if (kept > 0)
		memmove(held->p, held->p + held->n - kept, kept);
	held->n = kept;
}

static void
check_pieces(const struct redact *r, const char *p, size_t n, const char *key,
    size_t length)
{
	struct buf held = {0}, out = {0};
	size_t i, step = n / 7 + 1, part;

	for (i = 0; i < n; i += part) {
		part = step < n - i ? step : n - i;
		buf_add(&held, p + i, part);
		show(r, &held, &out, false);
	}
	show(r, &held, &out, true);
	FUZZ_NEED(!holds(out.p, out.n, key, length));
	buf_free(&held);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data, *line;
	struct redact r = {0};
	struct buf out = {0};
	char key[LONGEST + 1];
	unsigned also;
	size_t length;

	if (!fuzz_line(&p, &n, &line, &length) || !is_key(line, length))
		return 0;
	memcpy(key, line, length);
	key[length] = '\0';
	redact_value(&r, key);
	for (also = 0; also < 4; also++) {
		redact_add(&r, &out, p, n, also);
		FUZZ_NEED(!holds(out.p, out.n, key, length));
		buf_clear(&out);
	}
	check_json(&r, p, n, key, length);
	check_pieces(&r, p, n, key, length);
	buf_free(&out);
	redact_free(&r);
	return 0;
}
