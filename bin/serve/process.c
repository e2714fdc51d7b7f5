#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "fd.h"
#include "process.h"
#include "when.h"

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

/* Signals as a program expects them; a group of its own. errno's value; 0 for none. */
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

/* Runs sh with the command and these descriptors. Likewise. */
static int
spawn(pid_t *pid, const char *command, const int its[3])
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int failed, i;

	failed = posix_spawnattr_init(&attributes);
	if (failed != 0)
		return failed;
	failed = posix_spawn_file_actions_init(&files);
	if (failed == 0) {
		failed = set_attributes(&attributes);
		for (i = 0; failed == 0 && i < 3; i++)
			failed = posix_spawn_file_actions_adddup2(&files, its[i], i);
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
	int ours[3] = {-1, -1, -1}, its[3] = {-1, -1, -1};
	bool piped = (input != -1 || make_pipe(ours, its, STDIN_FILENO)) &&
	    make_pipe(ours, its, STDOUT_FILENO) && make_pipe(ours, its, STDERR_FILENO);
	pid_t pid = -1;
	int failed = !piped ? errno : spawn(&pid, command,
	    (const int[]){input != -1 ? input : its[0], its[1], its[2]});

	close_ends(its);
	if (failed != 0)
		close_ends(ours);
	*p = (struct process){.pid = pid, .in = ours[0], .out = ours[1],
	    .err = ours[2], .gone = failed != 0};
	errno = failed;
	return failed == 0;
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
