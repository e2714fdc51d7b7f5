#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "fd.h"
#include "process.h"

enum {
	GRACE = 5000,	/* ms between SIGTERM and SIGKILL */
	LOOK = 50,	/* ms between two looks at a group without its leader */
};

extern char **environ;

void
process_close(int *end)
{
	if (*end != -1)
		close(*end);
	*end = -1;
}

/* The pipes of one process: ours and the process's ends. */
struct ends {
	int	ours[3], its[3];
};

static void
close_ends(int *ends)
{
	size_t i;

	for (i = 0; i < 3; i++)
		process_close(&ends[i]);
}

static bool
make_pipe(struct ends *e, int number)
{
	int ends[2];
	bool reads = number != STDIN_FILENO;	/* we do */

	if (!fd_pipe(ends))
		return false;
	e->ours[number] = ends[reads ? 0 : 1];
	e->its[number] = ends[reads ? 1 : 0];
	return fd_flags(e->ours[number], true);
}

/* Signals as a program expects them; a group of its own; sh with the command. */
static int
set_attributes(posix_spawnattr_t *a)
{
	static const int usual[] = {SIGPIPE, SIGCHLD, SIGINT, SIGTERM};
	sigset_t none, defaults;
	size_t i;
	int failed;

	sigemptyset(&none);
	sigemptyset(&defaults);
	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		sigaddset(&defaults, usual[i]);
	failed = posix_spawnattr_setflags(a, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if (failed == 0)
		failed = posix_spawnattr_setpgroup(a, 0);
	if (failed == 0)
		failed = posix_spawnattr_setsigdefault(a, &defaults);
	return failed != 0 ? failed : posix_spawnattr_setsigmask(a, &none);
}

static int
set_files(posix_spawn_file_actions_t *f, const int its[3], int input)
{
	int failed = 0, i;

	for (i = 0; failed == 0 && i < 3; i++)
		failed = posix_spawn_file_actions_adddup2(f,
		    i == STDIN_FILENO && input != -1 ? input : its[i], i);
	return failed;
}

/* errno's value; 0 for none. */
static int
spawn(pid_t *pid, const char *command, const int its[3], int input)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int failed;

	failed = posix_spawnattr_init(&attributes);
	if (failed != 0)
		return failed;
	failed = posix_spawn_file_actions_init(&files);
	if (failed == 0) {
		failed = set_attributes(&attributes);
		if (failed == 0)
			failed = set_files(&files, its, input);
		if (failed == 0)
			failed = posix_spawn(pid, "/bin/sh", &files,
			    &attributes, argv, environ);
		posix_spawn_file_actions_destroy(&files);
	}
	posix_spawnattr_destroy(&attributes);
	return failed;
}

bool
process_start(struct process *p, const char *command, int input)
{
	struct ends e = {{-1, -1, -1}, {-1, -1, -1}};
	int failed = 0;

	*p = (struct process){.in = -1, .out = -1, .err = -1};
	if ((input == -1 && !make_pipe(&e, STDIN_FILENO)) ||
	    !make_pipe(&e, STDOUT_FILENO) || !make_pipe(&e, STDERR_FILENO))
		failed = errno;
	if (failed == 0)
		failed = spawn(&p->pid, command, e.its, input);
	close_ends(e.its);
	if (failed != 0) {
		close_ends(e.ours);
		errno = failed;
		return false;
	}
	p->in = e.ours[0];
	p->out = e.ours[1];
	p->err = e.ours[2];
	return true;
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
	if (p->gone || p->look_at == 0)
		return p->gone ? 0 : p->kill_at;
	return p->kill_at != 0 && p->kill_at < p->look_at ? p->kill_at :
	    p->look_at;
}
