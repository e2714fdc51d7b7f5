/*
 * many N EVENTS: asks the mock at $SUPAI_BASE_URL for N streamed answers at
 * once, and holds every connection open until each has had EVENTS events or,
 * with EVENTS 0, its [DONE]. Says how many got there and how many closed; 0
 * when that is all of them and none.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT = 60000, KEEP = 16 };

struct one {
	char		 last[KEEP];	/* the bytes before the next read's */
	size_t		 kept;
	unsigned long	 events;
	bool		 done;
};

static int
open_one(const struct sockaddr_in *to, const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1 ||
	    send(fd, request, strlen(request), 0) != (ssize_t)strlen(request)) {
		perror("connection");
		exit(1);
	}
	return fd;
}

/* Counts what ends in the n new bytes after those kept. */
static void
look(struct one *o, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (o->kept == KEEP) {
			memmove(o->last, o->last + 1, KEEP - 1);
			o->kept--;
		}
		o->last[o->kept++] = p[i];
		if (o->kept >= 6 && memcmp(o->last + o->kept - 6, "data: ", 6) == 0)
			o->events++;
		if (o->kept >= 6 && memcmp(o->last + o->kept - 6, "[DONE]", 6) == 0)
			o->done = true;
	}
}

/* Whether it has got as far as all are held for. */
static bool
is_there(const struct one *o, unsigned long events)
{
	return events > 0 ? o->events >= events : o->done;
}

/* Reads what came; +1 where that brings it there, -1 where it closed before. */
static int
take(struct pollfd *fd, struct one *o, unsigned long events)
{
	bool was = is_there(o, events);
	char p[4096];
	ssize_t k = recv(fd->fd, p, sizeof(p), 0);

	if (k > 0) {
		look(o, p, (size_t)k);
		return !was && is_there(o, events);
	}
	fd->fd = -1;
	return -1;
}

static int
hold(struct pollfd *fds, struct one *ones, unsigned long n,
    unsigned long events)
{
	unsigned long there = 0, closed = 0, i;
	int what;

	while (there + closed < n && poll(fds, (nfds_t)n, TIMEOUT) > 0)
		for (i = 0; i < n; i++) {
			if (fds[i].revents == 0)
				continue;
			what = take(&fds[i], &ones[i], events);
			there += what == 1;
			closed += what == -1;
		}
	printf("%lu of %lu, %lu closed\n", there, n, closed);
	return there == n && closed == 0 ? 0 : 1;
}

static void
raise_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	static const char body[] = "{\"stream\":true,\"messages\":"
	    "[{\"role\":\"user\",\"content\":\"one two three four\"}]}";
	unsigned long n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, i;
	const char *url = getenv("SUPAI_BASE_URL");
	const char *colon = url != NULL ? strrchr(url, ':') : NULL;
	struct pollfd *fds;
	struct one *ones;
	struct sockaddr_in to = {.sin_family = AF_INET};
	char request[512];
	int status;

	if (n == 0 || colon == NULL)
		return 64;
	fds = calloc(n, sizeof(*fds));
	ones = calloc(n, sizeof(*ones));
	if (fds == NULL || ones == NULL)
		abort();
	raise_limit();
	to.sin_port = htons((in_port_t)strtoul(colon + 1, NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)snprintf(request, sizeof(request),
	    "POST /v1/openai/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
	    "Authorization: Bearer x\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s", sizeof(body) - 1, body);
	for (i = 0; i < n; i++) {
		fds[i].fd = open_one(&to, request);
		fds[i].events = POLLIN;
	}
	status = hold(fds, ones, n, strtoul(argv[2], NULL, 10));
	free(fds);
	free(ones);
	return status;
}
