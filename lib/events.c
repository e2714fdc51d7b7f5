#include "diag.h"
#include "events.h"

void
events_start(struct events *e, char **files, int nfiles, size_t max)
{
	*e = (struct events){.reader = chunk_reader()};
	io_start(&e->in, files, nfiles, max);
	io_confine(&e->in);
}

static int
say_bad(const struct io_in *in, const char *p, size_t n,
    const struct json_fault *fault)
{
	if (chunk_is_raw(p, n))
		diag_warn("%s: line %lu: this is a raw event stream:"
		    " put supai-sse before %s", in->name, in->line, diag_name());
	else
		diag_warn("%s: line %lu: no JSON: %s (byte %zu)", in->name,
		    in->line, fault->why, fault->at + 1);
	return EX_DATAERR;
}

/* The next record of the file; NULL at its end, or where it is not read on. */
static const struct chunk *
next_record(struct events *e)
{
	struct json_fault fault;
	const struct chunk *c;
	enum io_got got;
	const char *p;
	size_t n;

	do
		got = io_line(&e->in, &p, &n);
	while (got == IO_RECORD && io_blank(p, n));
	if (got == IO_LONG)
		e->status = diag_worst(e->status, io_too_long(&e->in));
	if (got != IO_RECORD)
		return NULL;
	c = chunk_next(e->reader, p, n, &fault);
	if (c == NULL)
		e->status = diag_worst(e->status, say_bad(&e->in, p, n, &fault));
	return c;
}

enum events_got
events_next(struct events *e, const struct chunk **c)
{
	if (!e->open && !io_next(&e->in))
		return EVENTS_END;
	*c = next_record(e);
	e->open = *c != NULL;
	return e->open ? EVENTS_CHUNK : EVENTS_FILE;
}

int
events_stop(struct events *e)
{
	int status = io_status(&e->in, e->status);

	io_stop(&e->in);
	chunk_free_reader(e->reader);
	return status;
}
