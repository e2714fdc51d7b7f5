/*
 * Any input, line by line: the ways to read a record say the same, which is what
 * libjq says, and none looks past its end; what is foretold of a line's length
 * is its length.
 */
#include "fuzz.h"
#include "same_chunk.h"
#include "same_value.h"

static void
one(struct chunk_reader *reader, const char *p, size_t n)
{
	struct json_fault fault, fast_fault;
	const struct chunk *fast;
	struct chunk plain;
	char *copy = fuzz_copy(p, n);
	bool ok = chunk_read(&plain, copy, n, &fault);

	fast = chunk_next(reader, copy, n, &fast_fault);
	FUZZ_NEED(ok == (fast != NULL));
	FUZZ_NEED(!ok || (same_chunk(&plain, fast) && same_value(plain.value)));
	FUZZ_NEED(same_verdict(ok, &fault, copy, n));
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct chunk_reader *reader = chunk_reader();
	const char *p = (const char *)data, *line;
	size_t length, foretold = n > 0 ? chunk_length(reader, p, n) : 0;

	while (fuzz_line(&p, &n, &line, &length)) {
		FUZZ_NEED(foretold == 0 || (foretold == length && line + length < p));
		one(reader, line, length);
		foretold = n > 0 ? chunk_length(reader, p, n) : 0;
	}
	chunk_free_reader(reader);
	return 0;
}
