#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fd.h"

bool
fd_flags(int fd, bool nonblocking)
{
	int flags = fcntl(fd, F_GETFL);

	return fcntl(fd, F_SETFD, FD_CLOEXEC) != -1 && flags != -1 &&
	    (!nonblocking || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1);
}

static bool
make_pipe(int ends[2], bool nonblocking)
{
	int saved;

	if (pipe(ends) == -1)
		return false;
	if (fd_flags(ends[0], nonblocking) && fd_flags(ends[1], nonblocking))
		return true;
	saved = errno;
	close(ends[0]);
	close(ends[1]);
	errno = saved;
	return false;
}

bool
fd_pipe(int ends[2])
{
	return make_pipe(ends, false);
}

bool
fd_waker(int ends[2])
{
	return make_pipe(ends, true);
}

void
fd_wake(const int ends[2])
{
	int saved = errno;

	/* A pipe that is full wakes as well. */
	(void)!write(ends[1], "", 1);
	errno = saved;
}

void
fd_drain(const int ends[2])
{
	char drained[64];

	while (read(ends[0], drained, sizeof(drained)) > 0)
		;
}
