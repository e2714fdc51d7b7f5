/*
 * slow [-wW] [-n N] [-i MS] PORT FILE: N connections to 127.0.0.1, each of which
 * sends FILE, a byte every MS milliseconds (0: all at once), and reads what comes
 * until the server closes it. Says "open" once all are, then for each the first line
 * that it got, when it has one, or "closed" when it had none at its end.
 *
 *	-w	says after FILE that it sends no more (shutdown(2)): the connection is
 *		half closed
 *	-W	says so once it has got a first line
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "io.h"
#include "mem.h"

struct one {
	struct buf	line;	/* what it got, up to the first line's end */
	bool		said;
	size_t		sent;
};

struct all {
	struct buf	text;
	bool		half, half_later;
	size_t		n, left;
	long		pause_ms;
	struct pollfd	*fds;
	struct one	*ones;
};

static int
open_one(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		diag_die_errno(EX_UNAVAILABLE, "connection");
	return fd;
}

static void
say(const char *line)
{
	puts(line);
	(void)fflush(stdout);
}

/* Sends what is due on a connection; a failure is seen when it is read. */
static void
send_due(struct all *a, size_t i)
{
	struct one *o = &a->ones[i];
	size_t n = a->pause_ms > 0 ? 1 : a->text.n - o->sent;
	ssize_t k;

	if (a->fds[i].fd == -1 || o->sent == a->text.n)
		return;
	k = send(a->fds[i].fd, a->text.p + o->sent, n, MSG_NOSIGNAL);
	if (k > 0)
		o->sent += (size_t)k;
	if (a->half && o->sent == a->text.n)
		shutdown(a->fds[i].fd, SHUT_WR);
}

static void
close_one(struct all *a, size_t i)
{
	if (!a->ones[i].said)
		say("closed");
	close(a->fds[i].fd);
	a->fds[i].fd = -1;
	a->left--;
}

static void
read_one(struct all *a, size_t i)
{
	struct one *o = &a->ones[i];
	char part[4096], *end;
	ssize_t n = recv(a->fds[i].fd, part, sizeof(part), 0);

	if (n <= 0) {
		close_one(a, i);
		return;
	}
	if (o->said)
		return;
	buf_add(&o->line, part, (size_t)n);
	end = strchr(buf_string(&o->line), '\r');
	if (end == NULL)
		return;
	*end = '\0';
	o->said = true;
	say(o->line.p);
	if (a->half_later)
		shutdown(a->fds[i].fd, SHUT_WR);
}

static void
go(struct all *a)
{
	struct timespec now;
	long long next = 0, ms;
	size_t i;

	while (a->left > 0) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		ms = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
		for (i = 0; ms >= next && i < a->n; i++)
			send_due(a, i);
		if (ms >= next)
			next = ms + a->pause_ms;
		if (poll(a->fds, (nfds_t)a->n, a->pause_ms > 0 ?
		    (int)(next - ms) : 10) <= 0)
			continue;
		for (i = 0; i < a->n; i++)
			if (a->fds[i].revents != 0)
				read_one(a, i);
	}
}

int
main(int argc, char **argv)
{
	struct all a = {.n = 1};
	size_t i;
	int c;

	diag_init(argv[0]);
	(void)signal(SIGPIPE, SIG_IGN);
	while ((c = getopt(argc, argv, "wWn:i:")) != -1) {
		if (c == 'w')
			a.half = true;
		else if (c == 'W')
			a.half_later = true;
		else if (c == 'n')
			a.n = strtoul(optarg, NULL, 10);
		else if (c == 'i')
			a.pause_ms = strtol(optarg, NULL, 10);
		else
			exit(EX_USAGE);
	}
	if (argc - optind != 2 ||
	    io_slurp(argv[optind + 1], IO_BYTES, &a.text, IO_MAX_RECORD) != 0)
		exit(EX_USAGE);
	a.fds = mem_zero(a.n, sizeof(*a.fds));
	a.ones = mem_zero(a.n, sizeof(*a.ones));
	for (i = 0; i < a.n; i++) {
		a.fds[i].fd = open_one((unsigned)strtoul(argv[optind], NULL, 10));
		a.fds[i].events = POLLIN;
	}
	a.left = a.n;
	say("open");
	go(&a);
	for (i = 0; i < a.n; i++)
		buf_free(&a.ones[i].line);
	free(a.ones);
	free(a.fds);
	buf_free(&a.text);
	return 0;
}
