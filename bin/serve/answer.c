#include <sys/wait.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "diag.h"
#include "exchange.h"
#include "fd.h"
#include "io.h"
#include "term.h"
#include "when.h"

enum {
	PART = 1 << 16,		/* bytes read at once, */
	LONGEST = 8192,		/* of a line that it says, else in parts */
	PARTS = 8,		/* and how often before others have their turn */
	NOT_RUN = 126, NOT_FOUND = 127,	/* statuses of sh */
};

static void
feed(struct answer *a)
{
	int *in = &a->process.in;
	ssize_t n;

	if (*in == -1)
		return;
	n = write(*in, a->body.text.p + a->fed, a->body.n - a->fed);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		a->fed += (size_t)n;
	/* It need not read its input: EPIPE is no failure. */
	if (n == -1 || a->fed == a->body.n)
		process_close(in);
}

/*
 * The next *n bytes of a pipe, borrowed until the next call. NULL: there are none for
 * now, or it was closed at its end.
 */
static const char *
read_part(int *end, size_t *n)
{
	static char part[PART];
	ssize_t got;

	if (*end == -1)
		return NULL;
	got = read(*end, part, PART);
	if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR))
		process_close(end);
	*n = got > 0 ? (size_t)got : 0;
	return got > 0 ? part : NULL;
}

/* Nobody wants it any more: it is told to end, and no longer read. */
static void
drop(struct answer *a, long long now)
{
	process_end(&a->process, now);
	process_close(&a->process.out);
	process_close(&a->process.in);
	a->over = a->process.ended;
}

static void
read_output(struct answer *a)
{
	const char *p;
	size_t n;
	int i;

	for (i = 0; i < PARTS && (p = read_part(&a->process.out, &n)) != NULL; i++)
		passing_feed(&a->passing, p, n);
	/* Others may have the pipe still: what its leader wrote is what counts. */
	if (a->process.ended && i < PARTS)
		a->over = true;
	if (a->passing.kind == PASSING_BROKEN)
		drop(a, when_now());
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

static void
read_words(struct answer *a)
{
	const char *p;
	size_t n;
	int i;

	for (i = 0; i < PARTS && (p = read_part(&a->process.err, &n)) != NULL; i++)
		take_words(a, p, n);
}

/* Whether it ended with status 0. */
static bool
ended_well(const struct answer *a)
{
	return !a->late && WIFEXITED(a->process.how) &&
	    WEXITSTATUS(a->process.how) == 0;
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
http_status(const struct answer *a)
{
	int status;

	if (a->late)
		return 504;
	if (!WIFEXITED(a->process.how))
		return 502;
	status = WEXITSTATUS(a->process.how);
	if (status == EX_DATAERR)
		return 400;
	if (status == EX_TEMPFAIL)
		return 429;
	return is_ours(status) ? 500 : 502;
}

/* The status and the error for an answer that did not end well or was no answer. */
static unsigned
error_of(struct answer *a, struct endpoint_error *e)
{
	unsigned status = http_status(a);

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

void
answer_tend(struct answer *a, const struct pollfd fds[3], long long now)
{
	bool ended = a->process.ended;

	if (fds[0].revents != 0)
		feed(a);
	if (a->room && (fds[1].revents != 0 || ended))
		read_output(a);
	if (fds[2].revents != 0 || ended)
		read_words(a);
	process_tend(&a->process, now);
	if (a->due != 0 && now >= a->due && !ended && !a->late) {
		a->late = true;
		drop(a, now);
	}
}

/* An answer that is no whole one: an error in its place, or after what there was. */
static void
tell_failure(struct answer *a, struct exchange *x)
{
	struct buf event = {0};
	struct endpoint_error e;
	unsigned status = error_of(a, &e);

	if (!x->stream) {
		exchange_refuse(x, status, &e);
		return;
	}
	if (!passing_told_error(&a->passing)) {
		endpoint_add_event(&event, &e);
		exchange_stream(x, &event);
	}
	exchange_end(x, EXCHANGE_CUT);
	buf_free(&event);
}

/* The answer is at its end, for its client. */
static void
tell_end(struct answer *a, struct exchange *x)
{
	bool whole = passing_end(&a->passing, ended_well(a));

	exchange_leave(x);
	if (!whole) {
		tell_failure(a, x);
	} else if (a->passing.kind == PASSING_JSON) {
		exchange_say(x, &a->passing.out);
	} else {
		exchange_stream(x, &a->passing.out);
		exchange_end(x, EXCHANGE_WHOLE);
	}
}

void
answer_tell(struct answer *a, long long now)
{
	if (a->x != NULL && a->passing.out.n > 0)
		exchange_stream(a->x, &a->passing.out);
	if (a->x != NULL &&
	    (a->over || a->late || a->passing.kind == PASSING_BROKEN))
		tell_end(a, a->x);
	if (a->x == NULL)
		drop(a, now);
}

long long
answer_due(const struct answer *a)
{
	long long due = process_due(&a->process);

	/* What is left of one that has ended is read now: nothing else may wake us. */
	if (a->room && a->process.ended && !a->over)
		return 1;
	return a->late || a->process.ended ? due : when_sooner(due, a->due);
}

void
answer_free(struct answer *a)
{
	if (a->line.n > 0)
		pass_on(a);
	process_close(&a->process.in);
	process_close(&a->process.out);
	process_close(&a->process.err);
	passing_free(&a->passing);
	spool_free(&a->body);
	buf_free(&a->last);
	buf_free(&a->line);
}
