/*
 * readers: holds the readers of records, the fast one (events_read), the plain one
 * (chunk_read) and the checker alone (json), to the same answer on every line of
 * standard input, and what they read to libjq's. Prints each line's number on
 * which they differ, then how many lines there were and how many were of a shape
 * that was known; with -r the number of each line that they refuse instead. Ends with 1 if
 * they differed anywhere.
 */
#include <string.h>

#include "buf.h"
#include "chunk.h"
#include "events.h"
#include "io.h"
#include "same_chunk.h"
#include "same_value.h"

int
main(int argc, char **argv)
{
	bool refused = argc > 1 && strcmp(argv[1], "-r") == 0;
	struct events_reader *reader = events_reader();
	struct json_fault fault, fast_fault;
	const struct chunk *fast;
	struct chunk plain;
	struct buf out = {0};
	struct io_in in;
	const char *p;
	size_t n, length;
	unsigned long known = 0;
	bool ok, differ = false;

	io_init();
	io_start(&in, NULL, 0, IO_MAX_RECORD);
	if (!io_next(&in))
		return 1;
	while (io_line(&in, &p, &n) == IO_RECORD) {
		known += events_known(reader, p, n, &length) != NULL && length == n;
		ok = chunk_read(&plain, p, n, &fault);
		fast = events_read(reader, p, n, &fast_fault);
		if (ok != (fast != NULL) || (ok && (!same_chunk(&plain, fast) ||
		    !same_value(plain.value))) ||
		    !same_verdict(ok, &fault, p, n)) {
			buf_printf(&out, "line %lu\n", in.line);
			differ = true;
		}
		if (refused && !ok)
			buf_printf(&out, "%lu\n", in.line);
	}
	if (!refused)
		buf_printf(&out, "%lu lines, %lu known\n", in.line, known);
	io_write(out.p, out.n);
	buf_free(&out);
	events_free_reader(reader);
	io_stop(&in);
	return differ;
}
