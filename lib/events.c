#include "diag.h"
#include "events.h"
#include "io.h"
#include "shapes.h"

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

/* Takes the records that are held and of a shape that is known. */
static void
read_known(const struct events *e, struct io_in *in, struct shapes *shapes)
{
	const char *p;
	size_t n;
	unsigned long records;

	io_peek(in, &p, &n);
	n = shapes_take(shapes, p, n, in->max, e->add, e->arg, &records);
	io_take(in, n, records);
}

/* What follows a line that is no JSON, or too long, is unknown: it ends the file. */
static int
read_file(const struct events *e, struct io_in *in, struct shapes *shapes)
{
	struct json_fault fault;
	const struct chunk *c;
	const char *p;
	size_t n;
	enum io_got got;

	for (;;) {
		read_known(e, in, shapes);
		got = io_line(in, &p, &n);
		if (got != IO_RECORD)
			break;
		if (io_blank(p, n))
			continue;
		if (!shapes_read(shapes, &c, p, n, &fault))
			return say_bad(in, p, n, &fault);
		e->add(c, e->arg);
	}
	return got == IO_LONG ? io_too_long(in) : 0;
}

int
events_read(const struct events *e, char **files, int nfiles, size_t max)
{
	struct shapes shapes = {0};
	struct io_in in;
	int status = 0;

	io_start(&in, files, nfiles, max);
	while (io_next(&in)) {
		status = diag_worst(status, read_file(e, &in, &shapes));
		e->end_file(e->arg);
	}
	status = io_status(&in, status);
	io_stop(&in);
	shapes_free(&shapes);
	return status;
}
