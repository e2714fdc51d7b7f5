#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "conversation.h"
#include "diag.h"
#include "ending.h"
#include "fd.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "origin.h"

bool
conversation_is_name(const char *name)
{
	const char *c;

	for (c = name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == '/' || *c == 0x7f)
			return false;
	return *name != '\0' && *name != '.';
}

char *
conversation_path(const char *file)
{
	char *path = config_state(file);

	if (path == NULL)
		diag_die(EX_CONFIG, "neither HOME nor XDG_STATE_HOME is set: a"
		    " conversation has no place");
	return path;
}

void
conversation_find(struct conversation *c, const char *name)
{
	struct buf b = {0};

	*c = (struct conversation){.events = -1};
	if (name != NULL)
		buf_adds(&b, name);
	else
		origin_name(&b);
	c->name = mem_string(buf_string(&b));
	buf_adds(&b, ".ndjson");
	c->file = conversation_path(buf_string(&b));
	buf_free(&b);
}

/* Looking. */

/* Appends a string, or the strings of an array with commas between them. */
static void
add_strings(struct buf *out, struct json v)
{
	struct json_iter i;
	struct json name, value;

	if (json_type(v) == JSON_STRING)
		json_text(v, out);
	if (json_type(v) != JSON_ARRAY)
		return;
	for (i = json_first(v); json_more(&i, &name, &value);) {
		if (out->n > 0)
			buf_addc(out, ',');
		json_text(value, out);
	}
}

bool
conversation_line(const char **p, const char *end, struct json *v)
{
	const char *start = *p, *newline;
	struct json_fault fault;

	if (start == end)
		return false;
	newline = memchr(start, '\n', (size_t)(end - start));
	*p = newline != NULL ? newline + 1 : end;
	return json_parse(start, (size_t)(*p - start), v, &fault);
}

/* Wrong contents are supai-req's to tell. */
void
conversation_look(struct conversation *c)
{
	int fd = open(c->file, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), status;
	struct buf text = {0};
	const char *p;
	struct json v;

	if (fd == -1 && errno != ENOENT)
		diag_die_errno(EX_CANTCREAT, "%s", c->file);
	if (fd == -1)
		return;
	status = io_slurp_fd(fd, c->file, IO_BYTES, &text, 2 * IO_MAX_RECORD, NULL);
	if (status != 0)
		exit(status);
	close(fd);
	c->there = text.n > 0;
	p = text.p;
	if (conversation_line(&p, text.p + text.n, &v)) {
		add_strings(&c->mode, json_get(v, "model"));
		add_strings(&c->models, json_get(v, "models"));
	}
	buf_free(&text);
}

/* Opening. */

static void
make_folders(const char *path)
{
	char *copy = mem_string(path), *slash;

	for (slash = copy + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		if (mkdir(copy, 0700) == -1 && errno != EEXIST &&
		    strchr(slash + 1, '/') == NULL)
			diag_die_errno(EX_CANTCREAT, "%s", copy);
	}
	free(copy);
}

void
conversation_open(struct conversation *c)
{
	const char *owner;

	make_folders(c->file);
	owner = draft_open(&c->draft, c->file);
	if (owner != NULL)
		diag_die(EX_TEMPFAIL, "conversation %s: in use by %s"
		    " (SUPAI_CONVERSATION names another one)", c->name, owner);
	conversation_look(c);
	ending_hold();	/* it has a name at first */
	c->events = fd_nameless();
	ending_release();
	if (c->events == -1)
		diag_die_errno(EX_CANTCREAT, "a file for the events, in TMPDIR or"
		    " /tmp");
}

void
conversation_keep(struct conversation *c)
{
	if (!draft_keep(&c->draft))
		diag_die_errno(EX_IOERR, "%s: cannot be written", c->file);
}

void
conversation_close(struct conversation *c)
{
	draft_drop(&c->draft);
	if (c->events != -1)
		close(c->events);
	free(c->name);
	free(c->file);
	buf_free(&c->mode);
	buf_free(&c->models);
}
