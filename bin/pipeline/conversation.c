#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "conversation.h"
#include "diag.h"
#include "ending.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "origin.h"
#include "when.h"

enum {
	WAIT_MS = 5000,		/* for another one that uses it */
	LOOK_MS = 50,		/* how often to look whether it still does */
};

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

	*c = (struct conversation){.fd = -1};
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
static void
look(struct conversation *c, int fd)
{
	struct buf text = {0};
	const char *p;
	struct json v;
	int status = io_slurp_fd(fd, c->file, IO_BYTES, &text, 2 * IO_MAX_RECORD,
	    NULL);

	if (status != 0)
		exit(status);
	c->there = text.n > 0;
	p = text.p;
	if (conversation_line(&p, text.p + text.n, &v)) {
		add_strings(&c->mode, json_get(v, "model"));
		add_strings(&c->models, json_get(v, "models"));
	}
	buf_free(&text);
}

void
conversation_look(struct conversation *c)
{
	int fd = open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1)
		return;
	look(c, fd);
	close(fd);
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

/* The process that has the lock; -1: nobody. */
static pid_t
try_lock(int fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET}, other = l;

	if (fcntl(fd, F_SETLK, &l) == 0 || (errno != EACCES && errno != EAGAIN))
		return -1;
	if (fcntl(fd, F_GETLK, &other) == -1 || other.l_type == F_UNLCK)
		return 0;	/* gone since */
	return other.l_pid;
}

static void
take_lock(struct conversation *c)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	long long end = when_now() + WAIT_MS;
	pid_t owner;

	for (;; close(c->fd)) {
		c->fd = open(c->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (c->fd == -1 && errno == EISDIR)
			diag_die(EX_CANTCREAT, "%s: is a directory", c->file);
		if (c->fd == -1)
			diag_die_errno(EX_CANTCREAT, "%s", c->file);
		owner = try_lock(c->fd);
		/* Whoever had it before us may have put another file there. */
		if (owner == -1 && temp_stands(c->fd, c->file))
			return;
		if (owner != -1 && when_now() >= end)
			diag_die(EX_TEMPFAIL, "conversation %s: in use by process"
			    " %ld (SUPAI_CONVERSATION names another one)",
			    c->name, (long)owner);
		if (owner != -1)
			(void)nanosleep(&pause, NULL);
	}
}

void
conversation_open(struct conversation *c)
{
	make_folders(c->file);
	take_lock(c);
	look(c, c->fd);
	c->made = !c->there;
	if (c->made)
		ending_add_file(c->file);
	if (!temp_make(&c->events, c->file) || !temp_make(&c->temp, c->file))
		diag_die_errno(EX_CANTCREAT, "%s: no file can be made beside it",
		    c->file);
}

/* Keeping. */

void
conversation_keep(struct conversation *c)
{
	/* From here on a signal must not remove it: it may be the kept one. */
	if (c->made)
		ending_drop_file(c->file);
	c->made = false;
	if (!temp_become(&c->temp, c->file))
		diag_die_errno(EX_IOERR, "%s: cannot be written", c->file);
}

void
conversation_close(struct conversation *c)
{
	temp_drop(&c->temp);
	temp_drop(&c->events);
	/* Nobody has said anything in it; its lock is ours. */
	if (c->made) {
		(void)unlink(c->file);
		ending_drop_file(c->file);
	}
	if (c->fd != -1)
		close(c->fd);
	free(c->name);
	free(c->file);
	buf_free(&c->mode);
	buf_free(&c->models);
	*c = (struct conversation){.fd = -1};
}
