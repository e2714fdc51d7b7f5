/*
 * A library to be loaded before a tool's own (LD_PRELOAD): $LOCKS tells how a file
 * system fails at the locks of fcntl(2). "none": it has none. "far": it does not know
 * the process that has one, which is another machine's, or in another namespace.
 */
#define _GNU_SOURCE	/* syscall(2) */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
is(const char *how)
{
	const char *locks = getenv("LOCKS");

	return locks != NULL && strcmp(locks, how) == 0;
}

int
fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;
	int result;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (cmd == F_SETLK && is("none")) {
		errno = ENOLCK;
		return -1;
	}
	result = (int)syscall(SYS_fcntl, fd, cmd, arg);
	if (cmd == F_GETLK && result == 0 && is("far"))
		((struct flock *)arg)->l_pid = 0;
	return result;
}
