/*
 * nonblock command [arg ...]: runs the command with standard output on a pipe that does
 * not block. Nothing is read of it until it is full, and for two seconds more; then all
 * is copied to standard output. Ends with the command's status (128 + the signal that
 * ended it), or with 124 when it says what is wrong: the pipe was never full, or the
 * command was busy in the time in which it could only wait.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"

enum {
	WRONG = 124,
	LOOK_MS = 10, LOOKS = 3000,	/* until it is full, at most */
	HOLD_MS = 2000, BUSY_MS = 400,
};

static pid_t
start(char **argv, int to)
{
	pid_t pid = fork();

	if (pid == -1)
		diag_die_errno(WRONG, "fork");
	if (pid != 0)
		return pid;
	dup2(to, STDOUT_FILENO);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static void
wait_until_full(int to)
{
	struct pollfd p = {.fd = to, .events = POLLOUT};
	int looks = 0;

	while (poll(&p, 1, 0) == 1) {
		if (++looks > LOOKS)
			diag_die(WRONG, "the pipe was never full");
		poll(NULL, 0, LOOK_MS);
	}
}

static void
copy(int from)
{
	char part[65536];
	ssize_t n;

	while ((n = read(from, part, sizeof(part))) > 0)
		if (!fd_write(STDOUT_FILENO, part, (size_t)n))
			diag_die_errno(WRONG, "standard output");
}

/* Milliseconds of a processor that the children had that have ended. */
static long
busy_ms(void)
{
	struct rusage use;

	getrusage(RUSAGE_CHILDREN, &use);
	return (long)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
	    (long)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
}

int
main(int argc, char **argv)
{
	int ends[2], status;
	pid_t pid;

	diag_init("nonblock");
	if (argc < 2 || !fd_pipe(ends) || !fd_flags(ends[1], true))
		return WRONG;
	pid = start(argv + 1, ends[1]);
	wait_until_full(ends[1]);
	poll(NULL, 0, HOLD_MS);
	close(ends[1]);
	copy(ends[0]);
	if (waitpid(pid, &status, 0) == -1)
		diag_die_errno(WRONG, "waitpid");
	if (busy_ms() > BUSY_MS)
		diag_die(WRONG, "busy for %ld ms", busy_ms());
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
