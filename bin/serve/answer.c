#define _GNU_SOURCE	/* POLLRDHUP */
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "diag.h"
#include "fd.h"
#include "front.h"
#include "io.h"
#include "mem.h"
#include "term.h"
#include "when.h"

enum {
	PART = 1 << 16,		/* bytes read at once, */
	LONGEST = 8192,		/* of a line that it says, else in parts */
	NOT_RUN = 126, NOT_FOUND = 127,	/* statuses of sh */
};

/* What is waited for. */
enum { IN, OUT, ERR, WAKE, CLIENT, NFDS };

/* That a client sends no more, known also where bytes wait before that end. */
#ifdef POLLRDHUP
enum { SENDS_NO_MORE = POLLRDHUP };
#else
enum { SENDS_NO_MORE = 0 };
#endif

bool
answer_begin(struct exchange *x)
{
	struct front *f = x->front;
	struct answer *a = mem_zero(1, sizeof(*a));
	unsigned status = 0;

	a->input = x->body.file;
	a->process = (struct process){.in = -1, .out = -1, .err = -1, .gone = true};
	pthread_mutex_lock(&f->lock);
	if (f->ending)
		status = 503;
	else if (f->nanswers >= f->most_answers)
		status = 429;
	else if (!fd_waker(a->wake))
		status = 500;
	if (status == 0) {
		*f->end = x->answer = a;
		f->end = &a->next;
		f->nanswers++;
		fd_wake(f->wake);
	}
	if (status == 500)
		diag_warn_errno("pipe");
	pthread_mutex_unlock(&f->lock);
	if (status == 0)
		return true;
	free(a);
	exchange_fail(x, status);
	return false;
}

static void
feed(struct answer *a, const struct spool *body)
{
	int *in = &a->process.in;
	ssize_t n;

	n = write(*in, body->text.p + a->fed, body->n - a->fed);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		a->fed += (size_t)n;
	/* It need not read its input: EPIPE is no failure. */
	if (n == -1 || a->fed == body->n)
		process_close(in);
}

/*
 * The next bytes of a pipe, up to PART; 0: there are none for now, or it was closed at
 * its end.
 */
static size_t
read_part(int *end, char *part)
{
	ssize_t got;

	if (*end == -1)
		return 0;
	got = read(*end, part, PART);
	if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR))
		process_close(end);
	return got > 0 ? (size_t)got : 0;
}

/* Standard error is the last resort: a failure to write there has nowhere to go. */
static void
pass_on(struct answer *a)
{
	struct buf shown = {0};

	if (a->line.n > 0 && a->line.p[a->line.n - 1] == '\r')
		a->line.n--;
	term_line(&shown, a->line.p, a->line.n);
	if (!io_blank(shown.p, shown.n)) {
		buf_clear(&a->last);
		buf_add(&a->last, shown.p, shown.n);
	}
	buf_addc(&shown, '\n');
	(void)fd_write(STDERR_FILENO, shown.p, shown.n);
	buf_free(&shown);
	buf_clear(&a->line);
}

static void
take_words(struct answer *a, const char *p, size_t n)
{
	const char *end = p + n, *newline, *stop;

	while (p < end) {
		newline = memchr(p, '\n', (size_t)(end - p));
		stop = newline != NULL ? newline : end;
		buf_add(&a->line, p, (size_t)(stop - p));
		if (newline != NULL || a->line.n > LONGEST)
			pass_on(a);
		p = newline != NULL ? newline + 1 : end;
	}
}

/* How many bytes it has said. */
static size_t
read_words(struct answer *a)
{
	char part[PART];
	size_t n = read_part(&a->process.err, part);

	take_words(a, part, n);
	return n;
}

/* Whether it ended with status 0. */
static bool
ended_well(const struct process *p)
{
	return p->ended && !p->late && WIFEXITED(p->how) && WEXITSTATUS(p->how) == 0;
}

/* Whether a status says that the command, not what it asked, was at fault. */
static bool
is_ours(int status)
{
	return (status >= EX_SOFTWARE && status <= EX_IOERR) ||
	    status == EX_USAGE || status == EX_NOINPUT || status == EX_CONFIG ||
	    status == NOT_RUN || status == NOT_FOUND;
}

static unsigned
http_status(const struct process *p)
{
	int status;

	if (p->late)
		return 504;
	if (!p->ended || !WIFEXITED(p->how))
		return 502;
	status = WEXITSTATUS(p->how);
	if (status == EX_DATAERR)
		return 400;
	if (status == EX_TEMPFAIL)
		return 429;
	return is_ours(status) ? 500 : 502;
}

/* The status and the error for an answer that did not end well or was no answer. */
static unsigned
error_of(struct answer *a, const struct process *p, struct endpoint_error *e)
{
	unsigned status = http_status(p);

	if (a->line.n > 0)
		pass_on(a);
	*e = endpoint_error_of(status);
	switch (status) {
	case 400:
	case 429:
		if (a->last.n > 0)
			e->message = buf_string(&a->last);
		break;
	case 500:
		e->message = "the server could not make an answer";
		break;
	case 504:
		e->message = "the answer took too long";
		break;
	default:
		e->message = "there was no answer, or not all of it";
		break;
	}
	return status;
}

/* The answer is at its end: what is left of it, or an error in its place. */
static void
tell_end(struct answer *a, const struct process *p, struct exchange *x)
{
	bool whole = passing_end(&a->passing, ended_well(p));
	struct buf *out = &a->passing.out;
	struct endpoint_error e;
	unsigned status;

	x->end = whole ? EXCHANGE_WHOLE : EXCHANGE_CUT;
	if (whole && a->passing.kind == PASSING_JSON)
		exchange_say(x, out);
	if (whole)
		return;
	status = error_of(a, p, &e);
	if (!x->stream && out->n == 0)
		exchange_refuse(x, status, &e);
	else if (!passing_told_error(&a->passing))
		endpoint_add_event(out, &e);
}

/* Bytes of the stream; all before them were sent. */
static void
pass_events(struct answer *a, struct exchange *x)
{
	struct buf sent = x->out;

	if (a->passing.out.n == 0)
		return;
	x->status = 200;
	x->stream = true;
	x->out = a->passing.out;
	x->at = 0;
	buf_clear(&sent);
	a->passing.out = sent;
}

/* Whether the client has gone, or sends no more: its answer is for nobody. */
static bool
has_gone(struct exchange *x, int found)
{
	if ((found & (POLLERR | POLLHUP | POLLNVAL | SENDS_NO_MORE)) != 0)
		return true;
	if ((found & POLLIN) == 0)
		return false;
	/* If not, that is its next request: no use to look again. */
	x->chatty = !fd_gone(x->conn->fd);
	return !x->chatty;
}

/* What is to be waited for; its state, and its process as it is now. */
static enum answer_state
look(struct exchange *x, struct pollfd fds[NFDS], struct process *p)
{
	struct answer *a = x->answer;
	enum answer_state state;

	pthread_mutex_lock(&x->front->lock);
	state = a->state;
	*p = a->process;
	pthread_mutex_unlock(&x->front->lock);
	fds[IN] = (struct pollfd){p->in, POLLOUT, 0};
	fds[OUT] = (struct pollfd){p->out, POLLIN, 0};
	fds[ERR] = (struct pollfd){p->err, POLLIN, 0};
	fds[WAKE] = (struct pollfd){a->wake[0], POLLIN, 0};
	fds[CLIENT] = (struct pollfd){x->conn->fd,
	    (short)(x->chatty ? SENDS_NO_MORE : SENDS_NO_MORE | POLLIN), 0};
	return state;
}

/* Its pipes have something, or its process has ended. */
static void
tend(struct exchange *x, bool feeds, const struct process *p)
{
	struct answer *a = x->answer;
	char part[PART];
	size_t n;

	if (feeds)
		feed(a, &x->body);
	n = read_part(&a->process.out, part);
	passing_feed(&a->passing, part, n);
	n += read_words(a);
	/* Others may have the pipes still: what its leader wrote is what counts. */
	if ((p->ended && n == 0) || p->late || a->passing.kind == PASSING_BROKEN)
		tell_end(a, p, x);
	pass_events(a, x);
}

/* Nobody wants more of it: it is told to end, or is not to begin. */
static void
stop(struct exchange *x)
{
	struct answer *a = x->answer;
	struct process *p = &a->process;
	struct front *f = x->front;

	pthread_mutex_lock(&f->lock);
	if (a->state == ANSWER_WAITS)
		a->state = ANSWER_REFUSED;
	process_close(&p->in);
	process_close(&p->out);
	process_end(p, when_now());
	fd_wake(f->wake);
	pthread_mutex_unlock(&f->lock);
}

void
answer_next(struct exchange *x)
{
	struct pollfd fds[NFDS];
	enum answer_state state;
	struct process now;

	if (x->end != EXCHANGE_OPEN || x->at < x->out.n)
		return;
	do {
		state = look(x, fds, &now);
		(void)poll(fds, NFDS,
		    now.ended || now.late || state > ANSWER_RUNS ? 0 : -1);
		fd_drain(x->answer->wake);
		if (has_gone(x, fds[CLIENT].revents))
			x->end = EXCHANGE_CUT;
		else if (state == ANSWER_RUNS)
			tend(x, fds[IN].revents != 0, &now);
		else if (state != ANSWER_WAITS)
			exchange_fail(x, state == ANSWER_REFUSED ? 503 : 500);
	} while (x->end == EXCHANGE_OPEN && x->at == x->out.n);
	if (x->end == EXCHANGE_OPEN)
		return;
	if (now.ended || now.gone)
		answer_leave(x);
	else	/* the client does not wait for its last words */
		stop(x);
}

/* Passes on what it says until its leader has ended, which has this to say yet. */
static void
hear_out(struct exchange *x)
{
	struct pollfd fds[NFDS];
	struct process now;

	do {
		(void)look(x, fds, &now);
		(void)poll(fds + ERR, 2, now.ended || now.gone ? 0 : -1);
		fd_drain(x->answer->wake);
		(void)read_words(x->answer);
	} while (!now.ended && !now.gone);
}

void
answer_leave(struct exchange *x)
{
	struct front *f = x->front;
	struct answer *a = x->answer;

	if (a == NULL)
		return;
	stop(x);
	hear_out(x);
	if (a->line.n > 0)
		pass_on(a);
	passing_free(&a->passing);
	buf_free(&a->last);
	buf_free(&a->line);
	pthread_mutex_lock(&f->lock);
	process_close(&a->process.err);
	close(a->wake[0]);
	close(a->wake[1]);
	a->state = ANSWER_LEFT;
	fd_wake(f->wake);
	pthread_mutex_unlock(&f->lock);
	x->answer = NULL;
}
