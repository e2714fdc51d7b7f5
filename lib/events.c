#include <string.h>

#include "diag.h"
#include "events.h"

void
events_start(struct events *e, char **files, int nfiles, size_t max, bool one)
{
	*e = (struct events){.reader = chunk_reader(), .one = one};
	io_start(&e->in, files, nfiles, max);
	io_foresee(&e->in, chunk_length, e->reader);
	io_confine(&e->in);
}

/* Whether a line does not even begin as what we read. */
static bool
is_text(const char *p, size_t n)
{
	while (n > 0 && memchr(" \t\r", *p, 3) != NULL) {
		p++;
		n--;
	}
	return n > 0 && strchr("{[\"", *p) == NULL;
}

static int
say_bad(const struct io_in *in, const char *p, size_t n,
    const struct json_fault *fault)
{
	if (chunk_is_raw(p, n))
		diag_warn("%s: line %lu: this is a raw event stream:"
		    " put supai-sse before %s", in->name, in->line, diag_name());
	else if (in->line == 1 && is_text(p, n))
		diag_warn("%s: line 1: this is text, not events: supai prints"
		    " text already (--json or --events FILE keep more)", in->name);
	else
		diag_warn("%s: line %lu: no JSON: %s (byte %zu)", in->name,
		    in->line, fault->why, fault->at + 1);
	return EX_DATAERR;
}

static enum events_got
end_file(struct events *e, int status)
{
	e->status = diag_worst(e->status, status);
	e->open = false;
	return EVENTS_GAP;
}

enum events_got
events_next(struct events *e, const struct chunk **c)
{
	struct json_fault fault;
	enum io_got got;
	const char *p;
	size_t n;

	if (!e->open && !io_next(&e->in))
		return EVENTS_END;
	e->open = true;
	for (;;) {
		got = io_line(&e->in, &p, &n);
		if (got != IO_RECORD)
			return end_file(e, got == IO_LONG ? io_too_long(&e->in) : 0);
		*c = chunk_next(e->reader, p, n, &fault);
		if (*c != NULL)
			return EVENTS_CHUNK;
		/* Looked at last: few lines are blank. */
		if (!io_blank(p, n))
			return end_file(e, say_bad(&e->in, p, n, &fault));
		if (!e->one)
			return EVENTS_GAP;
	}
}

int
events_stop(struct events *e)
{
	int status = io_status(&e->in, e->status);

	io_stop(&e->in);
	chunk_free_reader(e->reader);
	return status;
}
