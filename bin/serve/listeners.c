#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "listeners.h"
#include "mem.h"

enum { FIRST = 3, MOST = 64 };

/* A variable's number; -1 where it has none. */
static long
number(const char *name)
{
	const char *s = getenv(name);
	char *end;
	long n;

	if (s == NULL || *s == '\0')
		return -1;
	n = strtol(s, &end, 10);
	return *end == '\0' ? n : -1;
}

static void
check(int fd)
{
	socklen_t n = sizeof(int);
	int listens = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == -1 ||
	    listens == 0 || !fd_flags(fd, true))
		diag_die(EX_CONFIG, "descriptor %d, which LISTEN_FDS tells of,"
		    " is no listening socket", fd);
}

size_t
listeners_take(int **fds)
{
	long n = number("LISTEN_FDS"), i;

	if (number("LISTEN_PID") != (long)getpid() || n < 0)
		n = 0;
	if (n > MOST)
		diag_die(EX_CONFIG, "LISTEN_FDS: more than %d sockets", MOST);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	*fds = mem_zero((size_t)n + 1, sizeof(**fds));
	for (i = 0; i < n; i++) {
		(*fds)[i] = FIRST + (int)i;
		check((*fds)[i]);
	}
	return (size_t)n;
}
