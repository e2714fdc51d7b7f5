#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "origin.h"
#include "stage.h"
#include "words.h"

enum { MAX_FILE = 1 << 16 };

static bool
read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool well = fd != -1 && io_read_all(fd, out, MAX_FILE) && out->n > 0;

	if (fd != -1)
		close(fd);
	return well;
}

/*
 * proc(5): the 22nd field of /proc/PID/stat, in ticks since the system came up; the
 * second one is a name in brackets, of any characters.
 */
static bool
from_proc(pid_t pid, struct buf *out)
{
	enum { BEHIND_NAME = 20 };
	struct buf path = {0}, stat = {0};
	const char *p = NULL;
	bool well;
	int i;

	buf_printf(&path, "/proc/%ld/stat", (long)pid);
	well = read_file(buf_string(&path), &stat);
	if (well)
		p = strrchr(buf_string(&stat), ')');
	for (i = 0; p != NULL && i < BEHIND_NAME; i++)
		p = strchr(p + 1, ' ');
	well = p != NULL && read_file("/proc/sys/kernel/random/boot_id", out);
	if (well)
		buf_add(out, p, 1 + strcspn(p + 1, " \n"));
	buf_free(&path);
	buf_free(&stat);
	return well;
}

/* What ps(1) knows, where there is no such file: the BSDs and macOS. */
static void
from_ps(pid_t pid, struct buf *out)
{
	struct stage ps = {.tool = "ps", .aloud = true};
	struct buf number = {0};
	int ends[2];
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	buf_printf(&number, "%ld", (long)pid);
	words_add(&ps.args, "-o");
	words_add(&ps.args, "lstart=");
	words_add(&ps.args, "-p");
	words_add(&ps.args, buf_string(&number));
	stage_pipe(ends);
	stage_start(&ps, nothing, ends[1]);
	(void)io_read_all(ends[0], out, MAX_FILE);
	close(ends[0]);
	stage_wait(&ps);
	stage_free(&ps);
	buf_free(&number);
}

static bool
has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

/*
 * A shell that a person types into gives each command a process group of its own;
 * a script's commands are of the script's group.
 */
static bool
is_typed(void)
{
	return has_terminal() && (getppid() == getsid(0) ||
	    getpgid(getppid()) != getpgrp());
}

/* Fowler, Noll and Vo's 1a, of 32 bits. */
static unsigned
hash(const char *p, size_t n)
{
	uint32_t h = 2166136261U;

	for (; n > 0; n--)
		h = (h ^ (unsigned char)*p++) * 16777619U;
	return h;
}

void
origin_name(struct buf *out)
{
	bool typed = is_typed();
	pid_t pid = typed ? getsid(0) : getppid();
	struct buf who = {0};

	if (!from_proc(pid, &who)) {
		buf_clear(&who);
		from_ps(pid, &who);
	}
	buf_printf(&who, " %ld", (long)pid);
	buf_printf(out, "%s-%08x", typed ? "terminal" : "script",
	    hash(who.p, who.n));
	buf_free(&who);
}
