#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "ending.h"
#include "fd.h"
#include "mem.h"
#include "opt.h"
#include "output.h"

enum { MAX_LINKS = 40, COPY = 1 << 16 };

/* The descriptor that a name stands for; -1: it is a file's. */
static int
descriptor(const char *name)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/", NULL};
	size_t i, n;
	char *end;
	long fd;

	if (strcmp(name, "-") == 0 || strcmp(name, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(name, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (i = 0; folders[i] != NULL; i++) {
		n = strlen(folders[i]);
		if (strncmp(name, folders[i], n) != 0)
			continue;
		fd = strtol(name + n, &end, 10);
		if (end > name + n && *end == '\0' && fd >= 0 && fd <= INT_MAX)
			return (int)fd;
	}
	return -1;
}

/* The file itself, which may not be there yet: links stay as they are. */
static char *
real_path(const char *name)
{
	char *path = mem_string(name), target[PATH_MAX];
	struct buf to = {0};
	const char *slash;
	ssize_t n;
	int i;

	for (i = 0; i < MAX_LINKS; i++) {
		n = readlink(path, target, sizeof(target));
		if (n < 1 || n == (ssize_t)sizeof(target))
			break;
		slash = strrchr(path, '/');
		if (target[0] != '/' && slash != NULL)
			buf_add(&to, path, (size_t)(slash + 1 - path));
		buf_add(&to, target, (size_t)n);
		free(path);
		path = buf_take(&to);
	}
	return path;
}

static void
look_at(struct output *o, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		diag_die(EX_CANTCREAT, "%s: is a directory", o->name);
	if (access(o->path, W_OK) == -1)
		diag_die_errno(EX_CANTCREAT, "%s: cannot be written to", o->name);
	o->there = true;
	o->direct = !S_ISREG(st->st_mode);
}

void
output_find(struct output *o)
{
	struct stat st;

	o->fd = o->name != NULL ? descriptor(o->name) : STDOUT_FILENO;
	o->direct = o->fd != -1;
	if (o->fd == STDOUT_FILENO)
		o->name = NULL;
	if (o->direct)
		return;
	o->path = real_path(o->name);
	if (stat(o->path, &st) == 0)
		look_at(o, &st);
	else if (errno != ENOENT)
		diag_die_errno(EX_CANTCREAT, "%s", o->name);
}

static void
open_direct(struct output *o)
{
	int flags;

	if (o->fd != -1) {
		flags = fcntl(o->fd, F_GETFL);
		if (flags == -1 || (flags & O_ACCMODE) == O_RDONLY)
			diag_die(EX_CANTCREAT, "%s: cannot be written to",
			    o->name);
		return;
	}
	o->fd = open(o->path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
	if (o->fd == -1)
		diag_die_errno(EX_CANTCREAT, "%s", o->name);
}

void
output_open(struct output *o)
{
	const char *owner = NULL;

	if (o->name != NULL && o->direct) {
		open_direct(o);
	} else if (o->name != NULL) {
		owner = draft_open(&o->draft, o->path);
		o->fd = o->draft.fd;
	}
	if (owner != NULL)
		diag_die(EX_TEMPFAIL, "%s: %s writes it, too", o->name, owner);
}

bool
output_stands(const struct output *o)
{
	return o->draft.name == NULL || draft_stands(&o->draft);
}

bool
output_is(const struct output *o, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    !(o->direct ? fd_same(o->fd, fd) : fd_is(fd, o->path)))
		return false;
	if (!o->direct && !o->there)
		(void)unlink(o->path);
	return true;
}

/*
 * Gives the new file what the old one has; false where only root could, or where that
 * one has other names.
 */
static bool
take_after(struct output *o)
{
	mode_t mask = umask(0);
	struct stat old;

	(void)umask(mask);
	if (stat(o->path, &old) == -1)
		return fchmod(o->fd, 0666 & ~mask) == 0;
	return old.st_nlink == 1 && fchown(o->fd, old.st_uid, old.st_gid) == 0 &&
	    fchmod(o->fd, old.st_mode & 07777) == 0;
}

/* Writes what the new text has from there on, up to end, into the old file. */
static bool
copy(int from, int to, off_t at, off_t end)
{
	char *p = mem_alloc(COPY);
	bool well = lseek(from, at, SEEK_SET) == at && lseek(to, at, SEEK_SET) == at;
	ssize_t n;

	for (; well && at < end; at += n) {
		n = read(from, p, end - at < COPY ? (size_t)(end - at) : COPY);
		well = n > 0 && fd_write(to, p, (size_t)n);
	}
	free(p);
	return well;
}

/*
 * Writes the new text into the old file, which other names or owners have too. What goes
 * beyond the old text comes first: where the disk is full, that is still whole.
 */
static bool
fill(int from, const char *path)
{
	int to = open(path, O_WRONLY | O_CLOEXEC), saved;
	struct stat old, new;
	bool well = to != -1 && fstat(to, &old) == 0 && fstat(from, &new) == 0;

	ending_hold();	/* half of it is neither */
	if (well && !copy(from, to, old.st_size, new.st_size)) {
		saved = errno;
		(void)!ftruncate(to, old.st_size);
		errno = saved;
		well = false;
	}
	well = well && copy(from, to, 0, old.st_size < new.st_size ? old.st_size :
	    new.st_size) && ftruncate(to, new.st_size) == 0;
	if (to != -1)
		well = close(to) == 0 && well;
	ending_release();
	return well;
}

void
output_keep(struct output *o)
{
	bool well;

	if (o->direct)
		return;
	well = take_after(o) ? draft_keep(&o->draft) : fill(o->fd, o->path);
	if (!well)
		diag_die_errno(EX_IOERR, "%s: cannot be written", o->name);
}

void
output_show(const struct output *o, struct buf *line)
{
	struct buf name = {0}, to = {0}, new = {0};

	if (o->name == NULL)
		return;
	/* A word that starts with a dash would be an option. */
	buf_printf(&name, "%s%s", *o->name == '/' ? "" : "./", o->name);
	opt_quote(&to, name.p, name.n);
	buf_adds(&name, ".new");
	opt_quote(&new, name.p, name.n);
	buf_string(&new);
	if (o->direct)
		buf_printf(line, " >>%s", buf_string(&to));
	else
		buf_printf(line, " >%s && mv -f %s %s", new.p, new.p, buf_string(&to));
	buf_free(&name);
	buf_free(&to);
	buf_free(&new);
}

void
output_close(struct output *o)
{
	draft_drop(&o->draft);
	free(o->path);
	*o = (struct output){0};
}
