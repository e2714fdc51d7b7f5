#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
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
	unsetenv("LISTEN_PIDFDID");
	*fds = mem_zero((size_t)n + 1, sizeof(**fds));
	for (i = 0; i < n; i++) {
		(*fds)[i] = FIRST + (int)i;
		check((*fds)[i]);
	}
	return (size_t)n;
}

/* A socket's own address. */
union name {
	struct sockaddr		any;
	struct sockaddr_in	four;
	struct sockaddr_in6	six;
	struct sockaddr_storage	storage;
};

static bool
name_of(int fd, union name *name)
{
	socklen_t n = sizeof(*name);

	memset(name, 0, sizeof(*name));
	return getsockname(fd, &name->any, &n) != -1;
}

static int
port_of(const union name *name)
{
	return ntohs(name->any.sa_family == AF_INET6 ? name->six.sin6_port :
	    name->four.sin_port);
}

bool
listeners_loopback(int fd)
{
	union name name;

	if (!name_of(fd, &name))
		return false;
	switch (name.any.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(name.four.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return memcmp(&name.six.sin6_addr, &in6addr_loopback,
		    sizeof(in6addr_loopback)) == 0;
	default:
		return false;
	}
}

void
listeners_address(int fd, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	union name name;
	const void *address;

	if (!name_of(fd, &name))
		return;
	if (name.any.sa_family == AF_INET) {
		if (name.four.sin_addr.s_addr == htonl(INADDR_ANY))
			name.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address = &name.four.sin_addr;
	} else if (name.any.sa_family == AF_INET6) {
		if (IN6_IS_ADDR_UNSPECIFIED(&name.six.sin6_addr))
			name.six.sin6_addr = in6addr_loopback;
		address = &name.six.sin6_addr;
	} else {
		return;
	}
	if (inet_ntop(name.any.sa_family, address, text, sizeof(text)) != NULL)
		buf_printf(out, name.any.sa_family == AF_INET ? "%s:%d" :
		    "[%s]:%d", text, port_of(&name));
}
