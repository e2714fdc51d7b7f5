/*
 * Any input, line by line: the ways to read a record say the same, which is what
 * libjq says, and none looks past its end; what is foretold of a line's length
 * is its length.
 */
#include "events.h"
#include "fuzz.h"
#include "same_chunk.h"
#include "same_value.h"

static void
one(struct events_reader *reader, const char *p, size_t n)
{
	struct json_fault fault, fast_fault;
	const struct chunk *fast;
	struct chunk plain;
	char *copy = fuzz_copy(p, n);
	bool ok = chunk_read(&plain, copy, n, &fault);

	fast = events_read(reader, copy, n, &fast_fault);
	FUZZ_NEED(ok == (fast != NULL));
	FUZZ_NEED(!ok || (same_chunk(&plain, fast) && same_value(plain.value)));
	FUZZ_NEED(same_verdict(ok, &fault, copy, n));
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct events_reader *reader = events_reader();
	const char *p = (const char *)data, *line;
	size_t length, known;
	bool foretold = events_known(reader, p, n, &known) != NULL;

	while (fuzz_line(&p, &n, &line, &length)) {
		FUZZ_NEED(!foretold || known == length);
		one(reader, line, length);
		foretold = events_known(reader, p, n, &known) != NULL;
	}
	events_free_reader(reader);
	return 0;
}
