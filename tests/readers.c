/*
 * readers: holds the two readers of records, the fast one (shapes) and the
 * plain one (chunk), to the same answer on every line of standard input. Prints
 * each line's number on which they differ, then how many lines there were and
 * how many the fast way knew; ends with 1 if they differed anywhere.
 */
#include "buf.h"
#include "chunk.h"
#include "io.h"
#include "same_chunk.h"
#include "shapes.h"

/* The guess at a record of a known shape is right, or is not made. */
static bool
good_guess(struct shapes *shapes, const struct chunk *plain, bool ok,
    const char *p, size_t n)
{
	struct buf line = {0};
	const struct chunk *guess;
	size_t len;
	bool good;

	buf_add(&line, p, n);
	buf_adds(&line, "\n{\"next\":\"line\"}\n");
	len = shapes_guess(shapes, &guess, line.p, line.n, n);
	good = len == 0 || (ok && len == n + 1 && same_chunk(plain, guess));
	if (n > 0 && len > 0)
		good = good &&
		    shapes_guess(shapes, &guess, line.p, line.n, n - 1) == 0 &&
		    shapes_guess(shapes, &guess, line.p, n, n) == 0;
	buf_free(&line);
	return good;
}

int
main(void)
{
	static struct shapes shapes;
	struct json_fault fault, fast_fault;
	const struct chunk *fast;
	struct chunk plain;
	struct buf out = {0};
	struct io_in in;
	const char *p;
	size_t n;
	unsigned long known = 0;
	unsigned before;
	bool ok, fast_ok, differ = false;

	io_init();
	io_start(&in, NULL, 0, IO_MAX_RECORD);
	if (!io_next(&in))
		return 1;
	while (io_line(&in, &p, &n) == IO_RECORD) {
		before = shapes.last;
		ok = chunk_read(&plain, p, n, &fault);
		fast_ok = shapes_read(&shapes, &fast, p, n, &fast_fault);
		if (ok != fast_ok || (ok && !same_chunk(&plain, fast)) ||
		    !good_guess(&shapes, &plain, ok, p, n)) {
			buf_printf(&out, "line %lu\n", in.line);
			differ = true;
		}
		known += fast_ok && fast->shape != 0 && before == shapes.last;
	}
	buf_printf(&out, "%lu lines, %lu known\n", in.line, known);
	io_write(out.p, out.n);
	buf_free(&out);
	shapes_free(&shapes);
	io_stop(&in);
	return differ;
}
