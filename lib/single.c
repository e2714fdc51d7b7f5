#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "io.h"
#include "json.h"
#include "single.h"

/* Ends with 65 for anything but one JSON object. */
static void
check_request(const char *name, const struct buf *b)
{
	struct json_scan scan = {0};
	struct json_fault fault;
	struct json v;
	bool whole;
	size_t n;

	if (json_parse(b->p, b->n, &v, &fault)) {
		if (json_type(v) != JSON_OBJECT)
			diag_die(EX_DATAERR, "%s: not a JSON object", name);
		return;
	}
	n = json_scan(&scan, b->p, b->n, &whole);
	if (whole && n < b->n && json_parse(b->p, n, &v, &(struct json_fault){0}) &&
	    json_type(v) == JSON_OBJECT && b->p[n + strspn(b->p + n, " \t\r\n")] == '{')
		diag_die(EX_DATAERR, "%s: more than one request: one at a time;"
		    " supai-batch does many", name);
	diag_die(EX_DATAERR, "%s: not JSON: %s at byte %zu", name, fault.why,
	    fault.at + 1);
}

void
single_read(const char *file, size_t max, struct buf *out)
{
	const char *name = file != NULL ? file : "standard input";
	int status = io_slurp(file != NULL ? file : "-", IO_TEXT | IO_LIMIT,
	    out, max);

	if (status != 0)
		exit(status);
	if (file == NULL && out->n == 0)	/* the stage before has said why */
		exit(EX_NOINPUT);
	if (strspn(buf_string(out), " \t\r\n") == out->n)
		diag_die(EX_NOINPUT, "%s: empty", name);
	check_request(name, out);
}
