/*
 * readers: holds the readers of records, the fast one (chunk_next), the plain one
 * (chunk_read) and the checker alone (json), to the same answer on every line of
 * standard input, and what they read to libjq's. Prints each line's number on
 * which they differ, then how many lines there were and how many were of a shape
 * that was known; with -r the number of each line that they refuse instead. Ends with 1 if
 * they differed anywhere.
 */
#include <string.h>

#include "buf.h"
#include "chunk.h"
#include "io.h"
#include "same_chunk.h"
#include "same_value.h"

int
main(int argc, char **argv)
{
	bool refused = argc > 1 && strcmp(argv[1], "-r") == 0;
	struct chunk_reader *reader = chunk_reader();
	struct json_fault fault, fast_fault;
	const struct chunk *fast, *slow = NULL;
	struct chunk plain;
	struct buf out = {0};
	struct io_in in;
	const char *p;
	size_t n;
	unsigned long known = 0;
	bool ok, differ = false;

	io_init();
	value_init();
	io_start(&in, NULL, 0, IO_MAX_RECORD);
	io_foresee(&in, chunk_length, reader);
	if (!io_next(&in))
		return 1;
	while (io_line(&in, &p, &n) == IO_RECORD) {
		ok = chunk_read(&plain, p, n, &fault);
		fast = chunk_next(reader, p, n, &fast_fault);
		if (ok != (fast != NULL) || (ok && (!same_chunk(&plain, fast) ||
		    !same_value(plain.value))) ||
		    !same_verdict(ok, &fault, p, n)) {
			buf_printf(&out, "line %lu\n", in.line);
			differ = true;
		}
		/* The first is of no known shape: where its reading lies others do. */
		if (slow == NULL)
			slow = fast;
		known += fast != NULL && fast != slow;
		if (refused && !ok)
			buf_printf(&out, "%lu\n", in.line);
	}
	if (!refused)
		buf_printf(&out, "%lu lines, %lu known\n", in.line, known);
	io_write(out.p, out.n);
	buf_free(&out);
	chunk_free_reader(reader);
	io_stop(&in);
	return differ;
}
