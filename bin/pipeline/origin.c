#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "io.h"
#include "opt.h"
#include "origin.h"
#include "stage.h"

enum { MAX_FILE = 1 << 16, LSTART = 24 };

/* A process: its parent, when it began, in whatever words, and its arguments. */
struct process {
	pid_t		 pid, parent;
	struct buf	 start, args;
};

/* Appends a file of proc(5), the process's where pid is not 0; whether it says something. */
static bool
read_file(struct buf *out, const char *name, pid_t pid)
{
	struct buf path = {0}, why = {0};
	bool well;
	int fd;

	buf_adds(&path, "/proc/");
	if (pid > 0)
		buf_printf(&path, "%ld/", (long)pid);
	buf_adds(&path, name);
	fd = open(buf_string(&path), O_RDONLY | O_CLOEXEC);
	well = io_slurp_fd(fd, path.p, IO_BYTES, out, MAX_FILE, &why) == 0 &&
	    out->n > 0;
	if (fd != -1)
		close(fd);
	buf_free(&path);
	buf_free(&why);
	return well;
}

/* What stands after so many spaces; NULL where there are less. */
static const char *
field(const char *p, int spaces)
{
	for (; p != NULL && spaces > 0; spaces--) {
		p = strchr(p, ' ');
		if (p != NULL)
			p++;
	}
	return p;
}

/*
 * proc(5): in /proc/PID/stat the 4th field is the parent, the 22nd the start, in ticks
 * since the system came up; the 2nd is a name in brackets, of any characters.
 */
static bool
from_proc(struct process *p)
{
	enum { PARENT = 2, START = 20 };
	struct buf stat = {0};
	const char *name_end = NULL, *parent, *start;

	if (read_file(&stat, "stat", p->pid))
		name_end = strrchr(buf_string(&stat), ')');
	parent = field(name_end, PARENT);
	start = field(name_end, START);
	if (start != NULL) {
		p->parent = (pid_t)strtol(parent, NULL, 10);
		buf_add(&p->start, start, strcspn(start, " \n"));
		(void)read_file(&p->args, "cmdline", p->pid);
	}
	buf_free(&stat);
	return start != NULL &&
	    read_file(&p->start, "sys/kernel/random/boot_id", 0);
}

/* What ps(1) says of it: "PARENT START ARGUMENTS", the start of 24 characters. */
static void
take_line(struct process *p, char *line)
{
	char *end;

	line[strcspn(line, "\n")] = '\0';
	p->parent = (pid_t)strtol(line, &end, 10);
	end += strspn(end, " ");
	buf_clear(&p->start);
	buf_add(&p->start, end, strnlen(end, LSTART));
	buf_clear(&p->args);
	buf_adds(&p->args, end + p->start.n);
}

/* Where there is no such file: the BSDs and macOS. */
static void
from_ps(struct process *p)
{
	struct buf number = {0}, line = {0}, why = {0};
	const char *words[] = {
		"-o", "ppid=", "-o", "lstart=", "-o", "args=", "-p", NULL,
	};
	const struct opt_words args = {words, sizeof(words) / sizeof(*words)};
	struct stage ps = {.tool = "ps", .args = &args, .aloud = true};
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), from;

	buf_printf(&number, "%ld", (long)p->pid);
	words[args.n - 1] = buf_string(&number);
	from = stage_start(&ps, nothing, -1);
	(void)io_slurp_fd(from, ps.tool, IO_BYTES, &line, MAX_FILE, &why);
	close(nothing);
	close(from);
	(void)ending_wait(ps.pid);
	(void)buf_string(&line);
	take_line(p, line.p);
	buf_free(&number);
	buf_free(&line);
	buf_free(&why);
}

static void
look_up(struct process *p, pid_t pid)
{
	*p = (struct process){.pid = pid};
	if (!from_proc(p))
		from_ps(p);
}

static void
forget(struct process *p)
{
	buf_free(&p->start);
	buf_free(&p->args);
}

/*
 * Our parent; but a shell that has only forked, for a pipeline or "$(…)", is not
 * the script: who has the same arguments is.
 */
static void
find_script(struct process *p)
{
	struct process above;

	look_up(p, getppid());
	while (p->parent > 1 && p->args.n > 0) {
		look_up(&above, p->parent);
		if (above.args.n != p->args.n ||
		    memcmp(above.args.p, p->args.p, p->args.n) != 0) {
			forget(&above);
			return;
		}
		forget(p);
		*p = above;
	}
}

/*
 * A shell that a person types into is the terminal's first, or gives each command a
 * process group of its own; a script's commands are of the script's group.
 */
static bool
is_typed(const struct process *shell)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(fd);
	return shell->pid == getsid(0) || getpgid(shell->pid) != getpgrp();
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
	struct process p;
	bool typed;

	find_script(&p);
	typed = is_typed(&p);
	if (typed && p.pid != getsid(0)) {
		forget(&p);
		look_up(&p, getsid(0));
	}
	buf_printf(&p.start, " %ld", (long)p.pid);
	buf_printf(out, "%s-%08x", typed ? "terminal" : "script",
	    hash(p.start.p, p.start.n));
	forget(&p);
}
