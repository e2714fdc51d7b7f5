/*
 * A server for tests that says HTTP/2 frame by frame (RFC 9113), right ones and wrong:
 *
 *	h2server PORT CERT KEY STEP ... [/ STEP ...]
 *
 * openssl s_server, which it starts on 127.0.0.1, speaks TLS for it. Each request, once
 * it was read, gets the steps up to the next "/", the last ones again and again:
 *
 *	head[=NAME:VALUE]	HEADERS with the status 200, and one more field
 *	head-end		the same, with END_STREAM
 *	data=FILE		DATA; end=FILE: the last of it with END_STREAM
 *	end			an empty DATA with END_STREAM
 *	trailer			HEADERS with END_STREAM, after DATA
 *	reset=CODE		RST_STREAM
 *	goaway=LAST,CODE	GOAWAY; LAST is a stream's number
 *	frame=TYPE,FLAGS,STREAM,FILE	any frame; STREAM 0 or -1, which is the request's
 *	bytes=FILE		what is in the file, as it is
 *	seen			waits until the client has got all of it
 *	close			the same, then the connection ends, TLS's own end missing;
 *				a client that has said GOAWAY ends it itself
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fd.h"
#include "io.h"

enum {
	DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, /* types */
	END_STREAM = 1, ACK = 1, END_HEADERS = 4,
	FRAME_HEAD = 9, PREFACE = 24, MOST = 16384,	/* bytes */
};

struct server {
	char		*address, *cert, *key;
	int		 to, from;	/* s_server's standard input and output */
	struct buf	 in;		/* what is not read yet */
	uint32_t	 stream;	/* the request's */
	bool		 asked;		/* that is whole */
	bool		 seen;		/* the client has answered a PING, */
	bool		 left;		/* has said GOAWAY, */
	bool		 anew;		/* is another one */
};

static volatile sig_atomic_t tls;	/* s_server's process */

static void
on_term(int sig)
{
	if (tls > 0)
		kill((pid_t)tls, SIGKILL);
	_exit(128 + sig);
}

/* In the child: s_server. Its words are no part of what is said. */
_Noreturn static void
be_tls(const struct server *s, int in, int out)
{
	char name[] = "openssl", server[] = "s_server", quiet[] = "-quiet",
	    alpn[] = "-alpn", h2[] = "h2", listen[] = "-accept",
	    cert[] = "-cert", key[] = "-key";
	char *args[] = {name, server, quiet, alpn, h2, listen, s->address, cert,
	    s->cert, key, s->key, NULL};

	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		diag_die_errno(EX_OSERR, "dup2");
	execvp(name, args);
	diag_die_errno(EX_OSERR, "openssl");
}

static void
start_tls(struct server *s)
{
	int in[2], out[2], i;
	pid_t pid;

	if (pipe(in) == -1 || pipe(out) == -1)
		diag_die_errno(EX_OSERR, "pipe");
	for (i = 0; i < 2; i++) {
		(void)fcntl(in[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(out[i], F_SETFD, FD_CLOEXEC);
	}
	pid = fork();
	if (pid == -1)
		diag_die_errno(EX_OSERR, "fork");
	if (pid == 0)
		be_tls(s, in[0], out[1]);
	tls = pid;
	close(in[0]);
	close(out[1]);
	s->to = in[1];
	s->from = out[0];
	buf_clear(&s->in);
}

static void
end_tls(struct server *s)
{
	pid_t pid = (pid_t)tls;

	tls = 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(s->to);
	close(s->from);
}

static void
say(struct server *s, const void *p, size_t n)
{
	if (!fd_write(s->to, p, n))
		diag_die_errno(EX_IOERR, "openssl");
}

/* RFC 9113, section 4.1. */
static void
say_frame(struct server *s, unsigned type, unsigned flags, uint32_t stream,
    const char *p, size_t n)
{
	unsigned char head[FRAME_HEAD] = {
		(unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n,
		(unsigned char)type, (unsigned char)flags,
		(unsigned char)(stream >> 24), (unsigned char)(stream >> 16),
		(unsigned char)(stream >> 8), (unsigned char)stream,
	};

	say(s, head, sizeof(head));
	say(s, p, n);
}

static void
add_number(struct buf *b, uint32_t n)
{
	int shift;

	for (shift = 24; shift >= 0; shift -= 8)
		buf_addc(b, (char)(n >> shift));
}

/* A field as RFC 7541, section 6.2.2, has it, the shorter way for each length. */
static void
add_field(struct buf *b, const char *name, size_t n, const char *value)
{
	buf_addc(b, 0);
	buf_addc(b, (char)n);
	buf_add(b, name, n);
	buf_addc(b, (char)strlen(value));
	buf_adds(b, value);
}

/* Takes a frame, what follows it being in place; how long it is. 0: it is not whole. */
static size_t
take_frame(struct server *s)
{
	const unsigned char *p = (const unsigned char *)s->in.p;
	size_t n;
	uint32_t stream;

	if (s->in.n >= PREFACE && memcmp(p, "PRI * HTTP/2.0", 14) == 0) {
		s->anew = true;
		say_frame(s, SETTINGS, 0, 0, "", 0);
		return PREFACE;
	}
	if (s->in.n < FRAME_HEAD || *p == 'P')
		return 0;
	n = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
	if (s->in.n < FRAME_HEAD + n)
		return 0;
	stream = (uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 |
	    (uint32_t)p[7] << 8 | p[8];
	if (p[3] == SETTINGS && (p[4] & ACK) == 0)
		say_frame(s, SETTINGS, ACK, 0, "", 0);
	if (p[3] == PING && (p[4] & ACK) == 0)
		say_frame(s, PING, ACK, 0, s->in.p + FRAME_HEAD, n);
	s->seen = s->seen || (p[3] == PING && (p[4] & ACK) != 0);
	s->left = s->left || p[3] == GOAWAY;
	if (p[3] <= HEADERS && (p[4] & END_STREAM) != 0) {
		s->asked = true;
		s->stream = stream;
	}
	return FRAME_HEAD + n;
}

/* Reads what the client says, and answers what is to be. */
static void
hear(struct server *s)
{
	char part[4096];
	ssize_t n = read(s->from, part, sizeof(part));
	size_t length;

	if (n == -1 && errno == EINTR)
		return;
	if (n <= 0)
		diag_die(EX_UNAVAILABLE, "openssl has ended");
	buf_add(&s->in, part, (size_t)n);
	while ((length = take_frame(s)) > 0) {
		s->in.n -= length;
		memmove(s->in.p, s->in.p + length, s->in.n);
	}
}

static void
slurp(struct buf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (io_slurp_fd(fd, path, IO_TEXT, b, (size_t)1 << 24, NULL) != 0)
		exit(EX_NOINPUT);
	close(fd);
}

static void
say_head(struct server *s, const char *field, unsigned flags)
{
	const char *colon = field != NULL ? strchr(field, ':') : NULL;
	struct buf b = {0};

	buf_addc(&b, (char)0x88);	/* ":status: 200", of the static table */
	add_field(&b, "content-type", 12, "text/event-stream");
	if (colon != NULL)
		add_field(&b, field, (size_t)(colon - field), colon + 1);
	say_frame(s, HEADERS, END_HEADERS | flags, s->stream, b.p, b.n);
	buf_free(&b);
}

static void
say_trailer(struct server *s)
{
	struct buf b = {0};

	add_field(&b, "x-trailer", 9, "1");
	say_frame(s, HEADERS, END_HEADERS | END_STREAM, s->stream, b.p, b.n);
	buf_free(&b);
}

static void
say_data(struct server *s, const char *path, unsigned flags)
{
	struct buf b = {0};
	size_t at = 0, n;

	slurp(&b, path);
	do {
		n = b.n - at < MOST ? b.n - at : MOST;
		say_frame(s, DATA, at + n == b.n ? flags : 0, s->stream,
		    b.p + at, n);
		at += n;
	} while (at < b.n);
	buf_free(&b);
}

/* Numbers, and perhaps a file's name after them. */
static void
say_numbers(struct server *s, const char *step, const char *arg)
{
	char *end;
	long a = strtol(arg, &end, 10), b = *end == ',' ? strtol(end + 1, &end, 10) : 0,
	    c = *end == ',' ? strtol(end + 1, &end, 10) : 0;
	struct buf bytes = {0};

	if (strcmp(step, "frame") == 0) {
		slurp(&bytes, end + 1);
		say_frame(s, (unsigned)a, (unsigned)b,
		    c == -1 ? s->stream : (uint32_t)c, bytes.p, bytes.n);
	} else if (strcmp(step, "reset") == 0) {
		add_number(&bytes, (uint32_t)a);
		say_frame(s, RST_STREAM, 0, s->stream, bytes.p, bytes.n);
	} else {
		add_number(&bytes, (uint32_t)a);
		add_number(&bytes, (uint32_t)b);
		say_frame(s, GOAWAY, 0, 0, bytes.p, bytes.n);
	}
	buf_free(&bytes);
}

static void
say_bytes(struct server *s, const char *path)
{
	struct buf b = {0};

	slurp(&b, path);
	say(s, b.p, b.n);
	buf_free(&b);
}

/* A client answers a PING after it has taken what came before it. */
static void
wait_seen(struct server *s)
{
	s->seen = s->left = s->anew = false;
	say_frame(s, PING, 0, 0, "12345678", 8);
	while (!s->seen && !s->left && !s->anew)
		hear(s);
}

static void
end_connection(struct server *s)
{
	wait_seen(s);
	if (!s->seen)
		return;
	end_tls(s);
	start_tls(s);
}

static void
take_step(struct server *s, const char *word)
{
	size_t n = strcspn(word, "=");
	char step[20] = "";
	const char *arg = word[n] == '=' ? word + n + 1 : NULL;

	memcpy(step, word, n < sizeof(step) ? n : sizeof(step) - 1);
	if (strcmp(step, "head") == 0 || strcmp(step, "head-end") == 0)
		say_head(s, arg, step[4] == '-' ? END_STREAM : 0);
	else if (strcmp(step, "trailer") == 0)
		say_trailer(s);
	else if (strcmp(step, "data") == 0 && arg != NULL)
		say_data(s, arg, 0);
	else if (strcmp(step, "end") == 0)
		say_data(s, arg != NULL ? arg : "/dev/null", END_STREAM);
	else if (strcmp(step, "bytes") == 0 && arg != NULL)
		say_bytes(s, arg);
	else if (strcmp(step, "seen") == 0)
		wait_seen(s);
	else if (strcmp(step, "close") == 0)
		end_connection(s);
	else if (arg != NULL)
		say_numbers(s, step, arg);
	else
		diag_die(EX_USAGE, "no such step: %s", word);
}

/* Says one response; the steps of the next one are returned. */
static char **
respond(struct server *s, char **steps)
{
	char **step;

	s->asked = false;
	for (step = steps; *step != NULL && strcmp(*step, "/") != 0; step++)
		take_step(s, *step);
	return *step == NULL ? steps : step + 1;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_term};
	struct server s = {0};
	struct buf address = {0};
	char **steps = argv + 4;

	diag_init("h2server");
	if (argc < 5)
		diag_die(EX_USAGE, "h2server PORT CERT KEY STEP ... [/ STEP ...]");
	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	buf_printf(&address, "127.0.0.1:%s", argv[1]);
	s.address = buf_take(&address);
	s.cert = argv[2];
	s.key = argv[3];
	start_tls(&s);
	for (;;) {
		hear(&s);
		if (s.asked)
			steps = respond(&s, steps);
	}
}
