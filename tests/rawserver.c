/*
 * A server for tests that says exactly the bytes it is given:
 *
 *	rawserver [-kr] [-l LOG] [-p BYTES:MS] [FILE ...]
 *
 * It listens on 127.0.0.1, prints its port, and serves one connection after the
 * other until it is killed. Each gets, once its request was read (headers, and
 * as many bytes as their Content-Length says), the bytes of the next FILE, the
 * last one again and again; without FILE it gets nothing at all.
 *
 *	-k	keeps the connection then, until the other side closes it
 *	-r	ends it with a reset
 *	-l LOG	appends "# connection" for each connection, then what was received
 *	-p N:MS	sends N bytes at a time, MS milliseconds apart
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fd.h"
#include "io.h"

struct server {
	bool	 keep, reset;
	int	 log;		/* -1: none */
	size_t	 piece;		/* 0: all at once */
	long	 pause_ms;
	char	**files;
	int	 nfiles;
};

static void
note(const struct server *s, const void *p, size_t n)
{
	if (s->log != -1 && !fd_write(s->log, p, n))
		diag_die_errno(EX_IOERR, "log");
}

/* The length of the whole request, as far as it has come; 0: not known yet. */
static size_t
request_length(struct buf *b)
{
	static const char field[] = "\ncontent-length:";
	const char *head = buf_string(b), *end = strstr(head, "\r\n\r\n"), *p;
	size_t body = 0;

	if (end == NULL)
		return 0;
	for (p = head; p < end; p++)
		if (strncasecmp(p, field, sizeof(field) - 1) == 0)
			body = strtoul(p + sizeof(field) - 1, NULL, 10);
	return (size_t)(end - head) + 4 + body;
}

/* False when the other side went away. */
static bool
read_request(const struct server *s, int fd)
{
	struct buf b = {0};
	char part[4096];
	ssize_t n;
	size_t length = 0;

	note(s, "# connection\n", 13);
	while (length == 0 || b.n < length) {
		n = read(fd, part, sizeof(part));
		if (n <= 0)
			break;
		note(s, part, (size_t)n);
		buf_add(&b, part, (size_t)n);
		length = request_length(&b);
	}
	buf_free(&b);
	return length != 0;
}

static void
answer(const struct server *s, int fd, const struct buf *b)
{
	struct timespec pause = {s->pause_ms / 1000, s->pause_ms % 1000 * 1000000};
	size_t at, n;

	for (at = 0; at < b->n; at += n) {
		n = s->piece > 0 && b->n - at > s->piece ? s->piece : b->n - at;
		if (!fd_write(fd, b->p + at, n))
			return;
		if (s->pause_ms > 0)
			nanosleep(&pause, NULL);
	}
}

static void
serve(const struct server *s, int fd, int number)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	struct buf b = {0};
	char rest[4096];

	if (!read_request(s, fd))
		return;
	if (s->nfiles > 0) {
		if (io_slurp(s->files[number < s->nfiles ? number :
		    s->nfiles - 1], IO_BYTES, &b, IO_MAX_RECORD) != 0)
			exit(EX_NOINPUT);
		answer(s, fd, &b);
		buf_free(&b);
	}
	while ((s->keep || s->nfiles == 0) && read(fd, rest, sizeof(rest)) > 0)
		;
	if (s->reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static int
listen_somewhere(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, n) == -1 ||
	    listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) == -1)
		diag_die_errno(EX_OSERR, "listen");
	printf("%u\n", (unsigned)ntohs(at.sin_port));
	(void)fflush(stdout);
	return fd;
}

static void
take_options(struct server *s, int argc, char **argv)
{
	char *ms;
	int c;

	while ((c = getopt(argc, argv, "krl:p:")) != -1) {
		switch (c) {
		case 'k':
			s->keep = true;
			break;
		case 'r':
			s->reset = true;
			break;
		case 'l':
			s->log = open(optarg, O_WRONLY | O_CREAT | O_APPEND, 0666);
			if (s->log == -1)
				diag_die_errno(EX_CANTCREAT, "%s", optarg);
			break;
		case 'p':
			s->piece = strtoul(optarg, &ms, 10);
			s->pause_ms = *ms == ':' ? strtol(ms + 1, NULL, 10) : 0;
			break;
		default:
			exit(EX_USAGE);
		}
	}
	s->files = argv + optind;
	s->nfiles = argc - optind;
}

int
main(int argc, char **argv)
{
	struct server s = {.log = -1};
	int fd, client, number;

	diag_init(argv[0]);
	(void)signal(SIGPIPE, SIG_IGN);
	take_options(&s, argc, argv);
	fd = listen_somewhere();
	for (number = 0; (client = accept(fd, NULL, NULL)) != -1; number++) {
		serve(&s, client, number);
		close(client);
	}
	diag_die_errno(EX_OSERR, "accept");
}
