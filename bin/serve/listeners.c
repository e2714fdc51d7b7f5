#include <sys/socket.h>

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "host.h"
#include "listeners.h"
#include "mem.h"

enum {
	FIRST = 3, MOST = 64,
	NAME = 64,		/* bytes of an address, and of a port */
};

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
	unsetenv("LISTEN_PIDFDID");
	*fds = mem_zero((size_t)n + 1, sizeof(**fds));
	for (i = 0; i < n; i++) {
		(*fds)[i] = FIRST + (int)i;
		check((*fds)[i]);
	}
	return (size_t)n;
}

/* A socket's own address and port, as text; false where it has none. */
static bool
name_of(int fd, char host[NAME], char port[NAME])
{
	struct sockaddr_storage name;
	socklen_t n = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &n) != -1 &&
	    name.ss_family != AF_UNIX &&
	    getnameinfo((struct sockaddr *)&name, n, host, NAME, port, NAME,
	    NI_NUMERICHOST | NI_NUMERICSERV) == 0;
}

bool
listeners_loopback(int fd)
{
	char host[NAME], port[NAME];
	struct sockaddr any = {0};
	socklen_t n = sizeof(any);

	if (name_of(fd, host, port))
		return host_is_loopback(host);
	return getsockname(fd, &any, &n) != -1 && any.sa_family == AF_UNIX;
}

bool
listeners_address(int fd, struct buf *out)
{
	char host[NAME], port[NAME];

	if (!name_of(fd, host, port))
		return false;
	if (strchr(host, ':') == NULL)
		buf_printf(out, "%s:%s", strcmp(host, "0.0.0.0") == 0 ?
		    "127.0.0.1" : host, port);
	else
		buf_printf(out, "[%s]:%s", strcmp(host, "::") == 0 ? "::1" : host,
		    port);
	return true;
}
