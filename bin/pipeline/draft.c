#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "draft.h"
#include "ending.h"
#include "fd.h"
#include "when.h"

enum {
	WAIT_MS = 5000,		/* for another one that works at it */
	LOOK_MS = 50,		/* how often to look whether it still does */
	SOMEBODY = -1,		/* some process, whose number nobody knows */
	LONGEST = 200,		/* bytes of the file's name in the draft's, which has to
				   be shorter than file systems have names (255) */
};

static char *
name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	struct buf name = {0};

	buf_add(&name, path, n);
	buf_printf(&name, ".supai.%.*s", (int)LONGEST, path + n);
	return buf_take(&name);
}

bool
draft_stands(const struct draft *d)
{
	return fd_is(d->fd, d->name);
}

/* The process that has the lock; 0: we do. */
static pid_t
try_lock(int fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET}, other = l;

	/* Where there are no locks nobody can have it. */
	if (fcntl(fd, F_SETLK, &l) == 0 || (errno != EACCES && errno != EAGAIN))
		return 0;
	/* Another machine's, and one in another namespace, has no number here. */
	(void)fcntl(fd, F_GETLK, &other);
	return other.l_pid > 0 ? other.l_pid : SOMEBODY;
}

static int
open_it(const struct draft *d, int how)
{
	return open(d->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    how, 0600);
}

/*
 * One try, with signals held. One that was left is taken away, not over: stages of
 * the run that left it may still write to it. SOMEBODY: try again.
 */
static pid_t
try(struct draft *d)
{
	bool made;
	pid_t owner;

	d->fd = open_it(d, O_EXCL);
	made = d->fd != -1;
	if (!made && errno != EEXIST)
		diag_die_errno(EX_CANTCREAT, "%s: no file can be made beside it",
		    d->path);
	if (!made && (d->fd = open_it(d, 0)) == -1)
		diag_die_errno(EX_CANTCREAT, "%s", d->name);
	owner = try_lock(d->fd);
	if (owner == 0 && made && draft_stands(d)) {
		ending_add_file(d->name);
		return 0;
	}
	if (owner == 0 && draft_stands(d) && unlink(d->name) == -1)
		diag_die_errno(EX_CANTCREAT, "%s", d->name);
	close(d->fd);
	return owner != 0 ? owner : SOMEBODY;
}

const char *
draft_open(struct draft *d, const char *path)
{
	static char process[32];
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	long long end = when_now() + WAIT_MS;
	pid_t owner;

	*d = (struct draft){.name = name_beside(path), .path = path};
	for (;;) {
		ending_hold();
		owner = try(d);
		ending_release();
		if (owner == 0)
			return NULL;
		if (when_now() >= end)
			break;
		(void)nanosleep(&pause, NULL);
	}
	(void)snprintf(process, sizeof(process), "process %ld", (long)owner);
	return owner != SOMEBODY ? process : "another process";
}

/* The name and the lock are another run's from here on. */
static void
forget(struct draft *d)
{
	ending_drop_file(d->name);
	close(d->fd);
	free(d->name);
	d->name = NULL;
}

bool
draft_keep(struct draft *d)
{
	bool stands, kept;

	ending_hold();
	errno = EBUSY;	/* where a run that saw no lock has the name by now */
	stands = draft_stands(d);
	kept = stands && rename(d->name, d->path) == 0;
	if (kept || !stands)
		forget(d);
	ending_release();
	return kept;
}

void
draft_drop(struct draft *d)
{
	if (d->name == NULL)
		return;
	ending_hold();
	if (draft_stands(d))
		(void)unlink(d->name);
	forget(d);
	ending_release();
}
