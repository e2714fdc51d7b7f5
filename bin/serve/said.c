#include <string.h>
#include <unistd.h>

#include "io.h"
#include "said.h"
#include "term.h"

enum { LONGEST = 8192 };	/* bytes of a line */

/* Standard error is the last resort: a failure to write there has nowhere to go. */
static void
pass_on(struct said *s)
{
	struct buf shown = {0};

	if (s->line.n > 0 && s->line.p[s->line.n - 1] == '\r')
		s->line.n--;
	term_line(&shown, s->line.p, s->line.n);
	if (!io_blank(shown.p, shown.n)) {
		buf_clear(&s->last);
		buf_add(&s->last, shown.p, shown.n);
	}
	buf_addc(&shown, '\n');
	(void)io_write_all(STDERR_FILENO, shown.p, shown.n);
	buf_free(&shown);
	buf_clear(&s->line);
}

void
said_add(struct said *s, const char *p, size_t n)
{
	const char *end = p + n, *newline, *stop;

	while (p < end) {
		newline = memchr(p, '\n', (size_t)(end - p));
		stop = newline != NULL ? newline : end;
		buf_add(&s->line, p, (size_t)(stop - p));
		if (newline != NULL || s->line.n > LONGEST)
			pass_on(s);
		p = newline != NULL ? newline + 1 : end;
	}
}

void
said_end(struct said *s)
{
	if (s->line.n > 0)
		pass_on(s);
}

void
said_free(struct said *s)
{
	buf_free(&s->last);
	buf_free(&s->line);
}
