/*
 * readers: holds the two readers of records, the fast one (shapes) and the
 * plain one (chunk), to the same answer on every line of standard input. Prints
 * each line's number on which they differ, then how many lines there were and
 * how many the fast way knew; ends with 1 if they differed anywhere.
 */
#include <string.h>

#include "buf.h"
#include "chunk.h"
#include "io.h"
#include "shapes.h"

static bool
same_slice(struct json a, struct json b)
{
	return (a.p == NULL) == (b.p == NULL) && a.n == b.n &&
	    (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool
same_choice(const struct chunk_choice *a, const struct chunk_choice *b)
{
	return a->index == b->index && same_slice(a->value, b->value) &&
	    same_slice(a->delta, b->delta) &&
	    same_slice(a->content, b->content) &&
	    same_slice(a->finish, b->finish);
}

static bool
same(const struct chunk *a, const struct chunk *b)
{
	return a->kind == b->kind && a->type == b->type &&
	    a->single == b->single && same_slice(a->value, b->value) &&
	    same_slice(a->error, b->error) && same_slice(a->id, b->id) &&
	    same_slice(a->choices, b->choices) &&
	    same_choice(&a->choice, &b->choice) &&
	    same_slice(a->usage, b->usage) && same_slice(a->supai, b->supai) &&
	    same_slice(a->body, b->body) && same_slice(a->key, b->key) &&
	    same_slice(a->model, b->model) && same_slice(a->text, b->text) &&
	    same_slice(a->custom_id, b->custom_id) &&
	    same_slice(a->completion, b->completion);
}

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
	good = len == 0 || (ok && len == n + 1 && same(plain, guess));
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
		if (ok != fast_ok || (ok && !same(&plain, fast)) ||
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
