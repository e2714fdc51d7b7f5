/*
 * Any input, line by line: the ways to read a record say the same, which is what
 * libjq says, and none looks past its end; what is foretold of a line's length
 * is its length.
 */
#include <stdint.h>
#include <stdlib.h>

#include "same_chunk.h"
#include "same_value.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
one(struct chunk_reader *reader, const char *p, size_t n)
{
	struct json_fault fault, fast_fault;
	const struct chunk *fast;
	struct chunk plain;
	char *copy = malloc(n > 0 ? n : 1);	/* its end is the memory's end */
	bool ok;

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	ok = chunk_read(&plain, copy, n, &fault);
	fast = chunk_next(reader, copy, n, &fast_fault);
	if (ok != (fast != NULL) || (ok && (!same_chunk(&plain, fast) ||
	    !same_value(plain.value))) ||
	    !same_verdict(ok, &fault, copy, n))
		abort();
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chunk_reader *reader = chunk_reader();
	const char *p = (const char *)data, *end = p + size, *newline;
	size_t foretold;

	while (p < end) {
		newline = memchr(p, '\n', (size_t)(end - p));
		foretold = chunk_length(reader, p, (size_t)(end - p));
		if (foretold > 0 && p + foretold != newline)
			abort();
		if (newline == NULL)
			newline = end;
		one(reader, p, (size_t)(newline - p));
		p = newline < end ? newline + 1 : end;
	}
	chunk_free_reader(reader);
	return 0;
}
