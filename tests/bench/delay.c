/*
 * delay [-n EVENTS] [-i MS] [-r RUNS] COMMAND ...: how long an event takes from
 * a server's write to a command's standard output. It is both the server, at
 * $SUPAI_BASE_URL, and the command's reader, so that one clock tells: each event
 * carries the time of its write in its text, as "@NANOSECONDS;", and is timed
 * when a read has brought that back, in whatever stands around it.
 *
 * The shell's commands run in turn, RUNS times. Says a line for each: medians
 * of the runs' p50 and p99, in microseconds. 1 when an event did not arrive.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BASE = 10, PATIENCE = 10000, P50 = 50, P99 = 99, ALL = 100, BUFFER = 65536 };

struct run {
	int	 events, interval;	/* how many, milliseconds between them */
	int	 listener, client;
	int	 out;			/* the command's */
	int	 sent, got;
	double	*delays;		/* microseconds */
	bool	 in_time;		/* between "@" and ";" */
	long long time;
};

static void
fail(const char *what)
{
	(void)fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
less(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that percent % of the n are not above. */
static double
percentile(double *v, int n, int percent)
{
	qsort(v, (size_t)n, sizeof(*v), less);
	return v[((n - 1) * percent + ALL / 2) / ALL];
}

static int
serve(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, n) == -1 ||
	    listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) == -1)
		fail("socket");
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1",
	    (int)ntohs(at.sin_port));
	setenv("SUPAI_BASE_URL", url, 1);
	setenv("SUPAI_API_KEY", "delay", 0);
	return fd;
}

static pid_t
start(struct run *r, const char *command)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) == -1 || (pid = fork()) == -1)
		fail(command);
	if (pid == 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		close(r->listener);
		close(fds[0]);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	r->out = fds[0];
	return pid;
}

static void
send_all(int fd, const char *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		if ((k = send(fd, p, n, 0)) == -1)
			fail("send");
		p += k;
		n -= (size_t)k;
	}
}

/* An event of a chunked body, in one write as a server's would be. */
static void
send_event(int fd, const char *data)
{
	char chunk[1024];
	int n = snprintf(chunk, sizeof(chunk), "%zx\r\ndata: %s\n\n\r\n",
	    strlen(data) + 8, data);

	send_all(fd, chunk, (size_t)n);
}

static void
send_piece(int fd, const char *content, const char *finish)
{
	char data[512];

	(void)snprintf(data, sizeof(data), "{\"id\":\"chatcmpl-delay\","
	    "\"object\":\"chat.completion.chunk\",\"created\":1741569952,"
	    "\"model\":\"auto\",\"choices\":[{\"index\":0,\"delta\":{%s},"
	    "\"finish_reason\":%s}]}", content, finish);
	send_event(fd, data);
}

static void
send_time(int fd)
{
	char content[64];

	(void)snprintf(content, sizeof(content), "\"content\":\"@%lld;\"", now());
	send_piece(fd, content, "null");
}

/* Waits for the command's request, and begins the answer. */
static void
begin(struct run *r)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/event-stream\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n";
	struct pollfd p = {.fd = r->listener, .events = POLLIN};
	char request[BUFFER];
	size_t n = 0;
	ssize_t k;
	int on = 1;

	if (poll(&p, 1, PATIENCE) != 1 ||
	    (r->client = accept(r->listener, NULL, NULL)) == -1)
		fail("no request");
	setsockopt(r->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	do {
		k = recv(r->client, request + n, sizeof(request) - 1 - n, 0);
		if (k <= 0)
			fail("request");
		n += (size_t)k;
		request[n] = '\0';
	} while (strstr(request, "\r\n\r\n") == NULL);
	send_all(r->client, head, sizeof(head) - 1);
	send_piece(r->client, "\"role\":\"assistant\",\"content\":\"\"", "null");
}

static void
finish(struct run *r)
{
	send_piece(r->client, "", "\"stop\"");
	send_event(r->client, "[DONE]");
	send_all(r->client, "0\r\n\r\n", 5);
}

/* Looks for times in what was read at a time. */
static void
look(struct run *r, const char *p, size_t n, long long at)
{
	for (; n > 0; p++, n--) {
		if (*p == '@') {
			r->in_time = true;
			r->time = 0;
		} else if (r->in_time && *p >= '0' && *p <= '9') {
			r->time = r->time * BASE + (*p - '0');
		} else if (r->in_time && *p == ';' && r->got < r->events) {
			r->delays[r->got++] = (double)(at - r->time) / 1e3;
			r->in_time = false;
		} else {
			r->in_time = false;
		}
	}
}

/* Reads what there is; false at the end. */
static bool
take(struct run *r)
{
	char p[BUFFER];
	ssize_t n = read(r->out, p, sizeof(p));
	long long at = now();

	if (n > 0)
		look(r, p, (size_t)n, at);
	return n > 0;
}

/* Sends an event each interval and takes what comes back until that ends. */
static void
pump(struct run *r)
{
	long long next = now() + r->interval * 1000000LL, left;
	struct pollfd p = {.fd = r->out, .events = POLLIN};
	bool more = true;

	while (more) {
		left = r->sent <= r->events ? (next - now()) / 1000000 : PATIENCE;
		if (poll(&p, 1, left > 0 ? (int)left : 0) == 1) {
			more = take(r);
			continue;
		}
		if (r->sent > r->events)
			fail("no end");
		if (r->sent++ < r->events)
			send_time(r->client);
		else
			finish(r);
		next += r->interval * 1000000LL;
	}
}

static void
measure(struct run *r, const char *command, double *p50, double *p99)
{
	pid_t pid = start(r, command);

	r->sent = r->got = 0;
	begin(r);
	pump(r);
	close(r->client);
	close(r->out);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (r->got != r->events) {
		(void)fprintf(stderr, "delay: %s: %d of %d events\n", command,
		    r->got, r->events);
		exit(1);
	}
	*p50 = percentile(r->delays, r->got, P50);
	*p99 = percentile(r->delays, r->got, P99);
}

static void
measure_all(struct run *r, char **commands, size_t n, size_t runs)
{
	double *values = calloc(2 * n * runs, sizeof(*values));
	double *p50, *p99;
	size_t i, k;

	if (values == NULL)
		fail("memory");
	for (i = 0; i < runs; i++)
		for (k = 0; k < n; k++) {
			p50 = values + 2 * k * runs;
			p99 = p50 + runs;
			measure(r, commands[k], &p50[i], &p99[i]);
		}
	for (k = 0; k < n; k++) {
		p50 = values + 2 * k * runs;
		p99 = p50 + runs;
		(void)printf("%.1f %.1f\n", percentile(p50, (int)runs, P50),
		    percentile(p99, (int)runs, P50));
	}
	free(values);
}

int
main(int argc, char **argv)
{
	struct run r = {.events = 300, .interval = 10};
	size_t runs = 11;
	int c;

	while ((c = getopt(argc, argv, "n:i:r:")) != -1) {
		switch (c) {
		case 'n':
			r.events = (int)strtol(optarg, NULL, BASE);
			break;
		case 'i':
			r.interval = (int)strtol(optarg, NULL, BASE);
			break;
		case 'r':
			runs = strtoul(optarg, NULL, BASE);
			break;
		default:
			return 64;
		}
	}
	if (r.events < 1 || r.interval < 1 || runs == 0 || optind == argc)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	r.delays = calloc((size_t)r.events, sizeof(*r.delays));
	if (r.delays == NULL)
		fail("memory");
	r.listener = serve();
	measure_all(&r, argv + optind, (size_t)(argc - optind), runs);
	free(r.delays);
	return 0;
}
