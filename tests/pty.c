/*
 * pty [-1 | -2] command [arg ...]: runs the command with standard output (-1),
 * standard error (-2), or both on a new pseudo-terminal, copies what comes out
 * of the terminal to its own standard output, byte for byte, and ends with the
 * command's status (128 + the signal that ended it). Standard input is passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void
fail(const char *what)
{
	perror(what);
	exit(125);
}

/* The terminal's own side: no translation, so that tests see the bytes. */
static int
open_terminal(const char *name)
{
	struct termios mode;
	int fd = open(name, O_RDWR);

	if (fd == -1 || tcgetattr(fd, &mode) == -1)
		fail(name);
	mode.c_oflag &= ~(tcflag_t)OPOST;
	mode.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSANOW, &mode) == -1)
		fail("tcsetattr");
	return fd;
}

static void
copy(int from)
{
	char buf[4096];
	ssize_t n, done, k;

	while ((n = read(from, buf, sizeof(buf))) > 0 ||
	    (n == -1 && errno == EINTR))
		for (done = 0; done < n; done += k)
			if ((k = write(1, buf + done, (size_t)(n - done))) == -1)
				return;
}

int
main(int argc, char **argv)
{
	int master, slave, status, only = 0;
	pid_t pid;

	if (argc > 1 && (strcmp(argv[1], "-1") == 0 || strcmp(argv[1], "-2") == 0)) {
		only = argv[1][1] - '0';
		argv++;
		argc--;
	}
	if (argc < 2)
		return 125;
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1)
		fail("posix_openpt");
	slave = open_terminal(ptsname(master));
	pid = fork();
	if (pid == -1)
		fail("fork");
	if (pid == 0) {
		close(master);
		if (only != 2)
			dup2(slave, 1);
		if (only != 1)
			dup2(slave, 2);
		close(slave);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	close(slave);
	copy(master);
	if (waitpid(pid, &status, 0) == -1)
		fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
