#include <sys/wait.h>

#include <errno.h>
#include <unistd.h>

#include "answer.h"
#include "diag.h"
#include "when.h"

enum {
	PART = 1 << 16,		/* bytes read at once, */
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

/* Reads a part; 0 where there is none now, -1 at the end. */
static ssize_t
read_part(int *end, char *part)
{
	ssize_t n = read(*end, part, PART);

	if (n > 0)
		return n;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	process_close(end);
	return -1;
}

void
answer_read(struct answer *a)
{
	static char part[PART];
	ssize_t n = 1;
	int i;

	for (i = 0; i < PARTS && n > 0 && a->process.out != -1; i++) {
		n = read_part(&a->process.out, part);
		if (n > 0)
			passing_feed(&a->passing, part, (size_t)n);
	}
	/* Others may have the pipe still: what its leader wrote is what counts. */
	if (a->process.ended && (n <= 0 || a->process.out == -1))
		a->over = true;
	if (a->passing.kind == PASSING_BROKEN)
		answer_drop(a, when_now());
}

void
answer_hear(struct answer *a)
{
	static char part[PART];
	ssize_t n = 1;
	int i;

	for (i = 0; i < PARTS && n > 0 && a->process.err != -1; i++) {
		n = read_part(&a->process.err, part);
		if (n > 0)
			said_add(&a->said, part, (size_t)n);
	}
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

	said_end(&a->said);
	*e = endpoint_error_of(status);
	switch (status) {
	case 400:
	case 429:
		if (a->said.last.n > 0)
			e->message = buf_string(&a->said.last);
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
	said_end(&a->said);
	process_close(&a->process.in);
	process_close(&a->process.out);
	process_close(&a->process.err);
	passing_free(&a->passing);
	spool_free(&a->body);
	said_free(&a->said);
}
