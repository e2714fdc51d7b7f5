#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "fd.h"
#include "process.h"
#include "when.h"

enum {
	GRACE = 5000,	/* ms between SIGTERM and SIGKILL */
	LOOK = 50,	/* ms between two looks at a group without its leader */
	NOT_FOUND = 127,	/* status where sh is not there */
};

void
process_close(int *end)
{
	if (*end != -1)
		close(*end);
	*end = -1;
}

static void
close_ends(int ends[3])
{
	size_t i;

	for (i = 0; i < 3; i++)
		process_close(&ends[i]);
}

/* A pipe for one of its descriptors: our end and its end of it. */
static bool
make_pipe(int ours[3], int its[3], int number)
{
	bool reads = number != STDIN_FILENO;	/* we do */
	int ends[2];

	if (!fd_pipe(ends))
		return false;
	ours[number] = ends[!reads];
	its[number] = ends[reads];
	return fd_flags(ours[number], true);
}

/* In the new process: sh runs the command, with signals as a program expects them. */
static _Noreturn void
become(const char *command, const int its[3])
{
	static const int usual[] = {SIGPIPE, SIGCHLD, SIGINT, SIGTERM};
	sigset_t none;
	size_t i;

	(void)setpgid(0, 0);
	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		(void)signal(usual[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < 3; i++)
		(void)dup2(its[i], (int)i);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(NOT_FOUND);
}

bool
process_start(struct process *p, const char *command, int input)
{
	int ours[3] = {-1, -1, -1}, its[3] = {-1, -1, -1}, saved;
	bool piped = (input != -1 || make_pipe(ours, its, STDIN_FILENO)) &&
	    make_pipe(ours, its, STDOUT_FILENO) && make_pipe(ours, its, STDERR_FILENO);
	pid_t pid = piped ? fork() : -1;

	if (pid == 0)
		become(command, (const int[]){input != -1 ? input : its[0], its[1],
		    its[2]});
	saved = errno;
	close_ends(its);
	if (pid == -1)
		close_ends(ours);
	else
		(void)setpgid(pid, pid);	/* it may not have got to it yet */
	*p = (struct process){.pid = pid, .in = ours[0], .out = ours[1],
	    .err = ours[2], .gone = pid == -1};
	errno = saved;
	return pid != -1;
}

void
process_end(struct process *p, long long now)
{
	if (p->gone || p->kill_at != 0)
		return;
	kill(-p->pid, SIGTERM);
	p->kill_at = now + GRACE;
}

/*
 * Without its leader the group keeps its number for as long as there is anybody
 * in it: no other process gets it.
 */
static void
look(struct process *p, long long now)
{
	p->gone = kill(-p->pid, 0) == -1 && errno == ESRCH;
	p->look_at = p->gone ? 0 : now + LOOK;
}

void
process_reap(struct process *p, long long now)
{
	/* Not by process_end: it may have been told long ago, others came since. */
	kill(-p->pid, SIGTERM);
	if (p->kill_at == 0)
		p->kill_at = now + GRACE;
	while (waitpid(p->pid, &p->how, 0) == -1 && errno == EINTR)
		;
	p->ended = true;
	look(p, now);
}

void
process_tend(struct process *p, long long now)
{
	if (p->gone)
		return;
	if (p->due != 0 && now >= p->due && !p->ended && !p->late) {
		p->late = true;
		process_end(p, now);
	}
	if (p->kill_at != 0 && now >= p->kill_at) {
		kill(-p->pid, SIGKILL);
		p->kill_at = now + GRACE;
	}
	if (p->look_at != 0 && now >= p->look_at)
		look(p, now);
}

long long
process_due(const struct process *p)
{
	long long due = p->ended || p->late ? 0 : p->due;

	return p->gone ? 0 : when_sooner(due, when_sooner(p->kill_at, p->look_at));
}
