#include <string.h>

#include "buf.h"
#include "io.h"
#include "json.h"
#include "servelog.h"

static void
add_string(struct buf *line, const char *name, const char *value)
{
	buf_printf(line, "\"%s\":", name);
	if (value != NULL)
		json_quote(line, value, strlen(value));
	else
		buf_adds(line, "null");
	buf_addc(line, ',');
}

bool
servelog_write(int fd, const struct servelog_entry *e)
{
	struct buf line = {0};
	bool ok;

	buf_printf(&line, "{\"time\":%lld.%03lld,", e->began / 1000,
	    e->began % 1000);
	add_string(&line, "client", e->client);
	add_string(&line, "mode", e->mode);
	if (e->status != 0)
		buf_printf(&line, "\"status\":%u,", e->status);
	else
		buf_adds(&line, "\"status\":null,");
	buf_printf(&line, "\"ms\":%lld,\"bytes\":%llu}\n", e->ms, e->bytes);
	ok = io_write_all(fd, line.p, line.n);
	buf_free(&line);
	return ok;
}
