#include <string.h>

#include "io.h"
#include "output.h"
#include "term.h"

enum { REPLACEMENT = 3 };	/* bytes of the U+FFFD that stands for a half */

static void
put(struct output *o, const char *p, size_t n)
{
	if (o->hold)
		buf_add(&o->held, p, n);
	else
		io_write(p, n);
}

/* Prints the first n bytes of the text, and keeps the rest of it. */
static void
put_text(struct output *o, size_t n)
{
	if (n == 0)
		return;
	o->open_line = o->text.p[n - 1] != '\n';
	if (o->safe) {
		buf_clear(&o->shown);
		term_text(&o->shown, o->text.p, n);
		put(o, o->shown.p, o->shown.n);
	} else {
		put(o, o->text.p, n);
	}
	o->text.n -= n;
	if (o->text.n > 0)
		memmove(o->text.p, o->text.p + n, o->text.n);
}

void
output_push(struct output *o)
{
	o->any |= o->text.n > 0;
	/* The next piece may make a character of the half at the end. */
	put_text(o, o->half != 0 ? o->text.n - REPLACEMENT : o->text.n);
}

void
output_line(struct output *o, const char *line)
{
	if (o->open_line)
		put(o, "\n", 1);
	put(o, line, strlen(line));
	put(o, "\n", 1);
	o->open_line = false;
}

void
output_finish(struct output *o, bool print)
{
	put_text(o, o->text.n);
	if (o->end == OUTPUT_NEWLINE && o->open_line)
		put(o, "\n", 1);
	if (!print)
		buf_clear(&o->held);
	io_write(o->held.p, o->held.n);
	if (o->end == OUTPUT_NUL)
		io_write("", 1);
	buf_clear(&o->held);
	o->half = 0;
	o->any = o->open_line = false;
}

void
output_free(struct output *o)
{
	buf_free(&o->text);
	buf_free(&o->held);
	buf_free(&o->shown);
}
