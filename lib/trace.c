#include <string.h>
#include <unistd.h>

#include "io.h"
#include "term.h"
#include "trace.h"

/* By the index of struct trace's begun. */
static const struct {
	curl_infotype	 type;
	const char	*mark;
} kinds[] = {
	{CURLINFO_TEXT, "* "},
	{CURLINFO_HEADER_IN, "< "},
	{CURLINFO_HEADER_OUT, "> "},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static void
show(const struct redact *redact, size_t kind, const char *p, size_t n)
{
	struct buf safe = {0}, line = {0};

	while (n > 0 && p[n - 1] == '\r')
		n--;
	redact_add(redact, &safe, p, n, REDACT_HEADERS |
	    (kinds[kind].type == CURLINFO_TEXT ? REDACT_URLS : 0U));
	buf_adds(&line, kinds[kind].mark);
	term_line(&line, safe.p, safe.n);
	while (line.n > 0 && line.p[line.n - 1] == ' ')
		line.n--;
	buf_addc(&line, '\n');
	(void)io_write_all(STDERR_FILENO, line.p, line.n);
	buf_free(&safe);
	buf_free(&line);
}

void
trace_add(struct trace *t, const struct redact *redact, curl_infotype type,
    const char *p, size_t n)
{
	struct buf *begun;
	const char *newline;
	size_t kind;

	for (kind = 0; kind < KINDS && kinds[kind].type != type; kind++)
		;
	if (kind == KINDS)
		return;
	begun = &t->begun[kind];
	while ((newline = memchr(p, '\n', n)) != NULL) {
		buf_add(begun, p, (size_t)(newline - p));
		show(redact, kind, begun->p, begun->n);
		buf_clear(begun);
		n -= (size_t)(newline + 1 - p);
		p = newline + 1;
	}
	buf_add(begun, p, n);
}

void
trace_end(struct trace *t, const struct redact *redact)
{
	size_t kind;

	for (kind = 0; kind < KINDS; kind++) {
		if (t->begun[kind].n > 0)
			show(redact, kind, t->begun[kind].p, t->begun[kind].n);
		buf_free(&t->begun[kind]);
	}
}
