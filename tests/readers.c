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

struct taken {
	const struct chunk	*plain;	/* what each has to be like */
	bool			 good;
};

static void
compare(const struct chunk *c, void *arg)
{
	struct taken *t = arg;

	t->good = t->good && same_chunk(t->plain, c);
}

/*
 * What is taken as records of known shapes is right: of two alike and another
 * both or none, nothing where one is longer than it may be, and not the second
 * where its newline is missing.
 */
static bool
good_take(struct shapes *shapes, const struct chunk *plain, bool ok,
    const char *p, size_t n)
{
	struct buf lines = {0};
	struct taken t = {.plain = plain, .good = true};
	unsigned long records;
	size_t len;

	buf_add(&lines, p, n);
	buf_addc(&lines, '\n');
	buf_add(&lines, p, n);
	buf_adds(&lines, "\n{\"next\":\"line\"}\n");
	len = shapes_take(shapes, lines.p, lines.n, n, compare, &t, &records);
	if (len > 0)
		t.good = t.good && ok && records == 2 && len == 2 * (n + 1) &&
		    shapes_take(shapes, lines.p, lines.n, n - 1, compare, &t,
		    &records) == 0 && records == 0 &&
		    shapes_take(shapes, lines.p, 2 * n + 1, n, compare, &t,
		    &records) == n + 1 && records == 1;
	buf_free(&lines);
	return t.good;
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
		    !good_take(&shapes, &plain, ok, p, n)) {
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
