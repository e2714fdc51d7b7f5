#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "fd.h"
#include "when.h"

enum {
	BACKLOG = 4096,
	MAX_FILES = 10240,	/* where the system names no limit and has one (macOS) */
};

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

/* Not by mkstemp(3): what another thread starts would inherit the descriptor. */
int
fd_nameless(void)
{
	const char *dir = config_variable("TMPDIR");
	struct buf path = {0};
	int fd;

	buf_printf(&path, "%s/supai.%016llx",
	    dir != NULL ? dir : "/tmp",
	    (unsigned long long)when_chance());
	fd = open(buf_string(&path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd != -1)
		(void)unlink(path.p);
	buf_free(&path);
	return fd;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool
fd_is(int fd, const char *path)
{
	struct stat one, two;

	return fstat(fd, &one) == 0 && stat(path, &two) == 0 && same(&one, &two);
}

bool
fd_same(int a, int b)
{
	struct stat one, two;

	return fstat(a, &one) == 0 && fstat(b, &two) == 0 && same(&one, &two);
}

void
fd_wait(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	(void)poll(&p, 1, -1);
}

bool
fd_write(int fd, const void *data, size_t n)
{
	const char *p = data;
	ssize_t k;

	while (n > 0) {
		k = write(fd, p, n);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			fd_wait(fd, POLLOUT);
			continue;
		}
		if (k == -1)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

bool
fd_gone(int fd)
{
	ssize_t n;
	char c;

	n = recv(fd, &c, 1, MSG_PEEK);
	return n == 0 || (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK &&
	    errno != EINTR);
}

size_t
fd_limit(size_t wanted)
{
	rlim_t enough = (rlim_t)wanted;	/* some systems' has a sign */
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= enough)
		return wanted;
	limit.rlim_cur = limit.rlim_max < enough ? limit.rlim_max : enough;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1 && limit.rlim_cur > MAX_FILES) {
		limit.rlim_cur = MAX_FILES;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return wanted;
	return limit.rlim_cur < enough ? (size_t)limit.rlim_cur : wanted;
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

/* The port that a socket has been given. */
static int
port_of(int fd)
{
	struct sockaddr_storage at = {0};
	socklen_t n = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &n) == -1)
		return 0;
	return ntohs(at.ss_family == AF_INET6 ?
	    ((struct sockaddr_in6 *)&at)->sin6_port :
	    ((struct sockaddr_in *)&at)->sin_port);
}

int
fd_listen(const char *address, int *port, const char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
	char service[16];
	int fd, failed;

	(void)snprintf(service, sizeof(service), "%d", *port);
	failed = getaddrinfo(address, service, &hints, &found);
	if (failed != 0) {
		*why = gai_strerror(failed);
		return -1;
	}
	fd = listen_at(found);
	*why = fd == -1 ? strerror(errno) : NULL;
	freeaddrinfo(found);
	if (fd != -1)
		*port = port_of(fd);
	return fd;
}
