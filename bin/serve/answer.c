#include <sys/wait.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "diag.h"
#include "io.h"
#include "term.h"
#include "when.h"

enum {
	PART = 1 << 16,		/* bytes read at once, */
	LONGEST = 8192,		/* of a line that it says, else in parts */
	PARTS = 8,		/* and how often before others have their turn */
	NOT_RUN = 126, NOT_FOUND = 127,	/* statuses of sh */
};

bool
answer_start(struct answer *a, const char *command)
{
	if (!process_start(&a->process, command, a->body.file))
		return false;
	if (a->body.n == 0)
		process_close(&a->process.in);
	return true;
}

void
answer_feed(struct answer *a)
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

/* Takes what can be read; false where that is all there is, for now or at the end. */
static bool
drain(struct answer *a, int *end, void (*take)(struct answer *, const char *, size_t))
{
	static char part[PART];
	ssize_t n;
	int i;

	for (i = 0; i < PARTS && *end != -1; i++) {
		n = read(*end, part, PART);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n > 0)
			take(a, part, (size_t)n);
		else
			process_close(end);
	}
	return *end != -1;
}

static void
feed(struct answer *a, const char *p, size_t n)
{
	passing_feed(&a->passing, p, n);
}

void
answer_read(struct answer *a)
{
	bool more = drain(a, &a->process.out, feed);

	/* Others may have the pipe still: what its leader wrote is what counts. */
	if (a->process.ended && !more)
		a->over = true;
	if (a->passing.kind == PASSING_BROKEN)
		answer_drop(a, when_now());
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
	(void)io_write_all(STDERR_FILENO, shown.p, shown.n);
	buf_free(&shown);
	buf_clear(&a->line);
}

static void
hear(struct answer *a, const char *p, size_t n)
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

void
answer_hear(struct answer *a)
{
	(void)drain(a, &a->process.err, hear);
}

void
answer_drop(struct answer *a, long long now)
{
	process_end(&a->process, now);
	process_close(&a->process.out);
	process_close(&a->process.in);
	a->over = a->process.ended;
}

bool
answer_well(const struct answer *a)
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

unsigned
answer_error(struct answer *a, struct endpoint_error *e)
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
