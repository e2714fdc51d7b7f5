/*
 * sse_split FILE ...: whether each file gives the same records, and the same
 * end, however it is cut: fed whole, byte by byte, in two pieces at every place,
 * and in pieces of 2 to 40 bytes. Says where they differ, and ends with 1.
 */
#include <stdio.h>

#include "diag.h"
#include "io.h"
#include "sse_records.h"

/* Fed from first on in steps of step: no other than the records in want. */
static bool
same(const char *name, const struct buf *text, const struct sse_settings *set,
    const struct buf *want, size_t first, size_t step)
{
	static struct buf got;

	list_records(text->p, text->n, first, step, set, &got);
	if (same_records(want, &got))
		return true;
	printf("%s: cut at %zu, then every %zu bytes:\n%.*s--- instead of\n%.*s",
	    name, first, step, (int)got.n, got.p, (int)want->n, want->p);
	return false;
}

static bool
check(const char *name, const struct buf *text, const struct sse_settings *set)
{
	static struct buf whole;
	bool ok = true;
	size_t i;

	list_records(text->p, text->n, text->n, 1, set, &whole);
	for (i = 1; i <= 40 && ok; i++)
		ok = same(name, text, set, &whole, 0, i);
	for (i = 1; i < text->n && ok; i++)
		ok = same(name, text, set, &whole, i, text->n);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct sse_settings sets[] = {
		{IO_MAX_RECORD, ' ', true},
		{IO_MAX_RECORD, '\n', false},
		{20, '\n', true},
	};
	static struct buf text;
	bool ok = true;
	size_t i;
	int n;

	diag_init(argv[0]);
	io_init();
	for (n = 1; n < argc; n++) {
		buf_clear(&text);
		if (io_slurp(argv[n], IO_BYTES, &text, IO_MAX_RECORD) != 0)
			return EX_NOINPUT;
		for (i = 0; i < sizeof(sets) / sizeof(*sets); i++)
			ok = check(argv[n], &text, &sets[i]) && ok;
	}
	return ok ? 0 : 1;
}
