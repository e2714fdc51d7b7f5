#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "listener.h"

enum { BACKLOG = 4096 };

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

/* The socket, listening at the address; -1 with errno set. */
static int
listen_at(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM, 0), on = 1, saved;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd_flags(fd, true) &&
	    bind(fd, at->ai_addr, at->ai_addrlen) != -1 &&
	    listen(fd, BACKLOG) != -1)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
listener_open(const char *address, int *port, const char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
	struct buf service = {0};
	union name name;
	int fd, failed;

	buf_printf(&service, "%d", *port);
	failed = getaddrinfo(address, buf_string(&service), &hints, &found);
	buf_free(&service);
	if (failed != 0) {
		*why = gai_strerror(failed);
		return -1;
	}
	fd = listen_at(found);
	*why = fd == -1 ? strerror(errno) : NULL;
	freeaddrinfo(found);
	if (fd != -1 && name_of(fd, &name))
		*port = port_of(&name);
	return fd;
}

bool
listener_loopback(int fd)
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
listener_address(int fd, struct buf *out)
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
