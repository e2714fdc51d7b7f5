#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fd.h"
#include "mem.h"
#include "redact.h"
#include "term.h"

static const char *program = "supai";
static void (*before)(void);
static const struct redact *hidden;

void
diag_init(const char *argv0)
{
	const char *slash;

	if (argv0 == NULL || *argv0 == '\0')
		return;
	slash = strrchr(argv0, '/');
	program = slash != NULL ? slash + 1 : argv0;
	mem_name(program);
}

const char *
diag_name(void)
{
	return program;
}

void
diag_before(void (*f)(void))
{
	before = f;
}

void
diag_hide(const struct redact *secrets)
{
	hidden = secrets;
}

/*
 * One write(2) a line, so that the lines of a pipeline's stages do not mix. Standard
 * error is the last resort: a failure to write there has nowhere to go.
 */
static void
put_line(struct buf *line)
{
	buf_addc(line, '\n');
	(void)fd_write(STDERR_FILENO, line->p, line->n);
	buf_free(line);
}

/* Says it; with_errno: and errno's text. errno is kept. */
static void
say(bool with_errno, const char *fmt, va_list ap)
{
	static bool busy;
	struct buf line = {0}, text = {0}, safe = {0};
	int saved = errno;

	if (!busy && before != NULL) {
		busy = true;	/* what runs before may have to say something itself */
		before();
		busy = false;
	}
	buf_vprintf(&text, fmt, ap);
	if (with_errno)
		buf_printf(&text, ": %s", strerror(saved));
	buf_trim(&text, "\n");
	buf_printf(&line, "%s: ", program);
	redact_add(hidden, &safe, text.p, text.n, 0);
	term_line(&line, safe.p, safe.n);
	put_line(&line);
	buf_free(&text);
	buf_free(&safe);
	errno = saved;
}

void
diag_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(false, fmt, ap);
	va_end(ap);
}

void
diag_warn_errno(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(true, fmt, ap);
	va_end(ap);
}

void
diag_die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(false, fmt, ap);
	va_end(ap);
	exit(status);
}

void
diag_die_errno(int status, const char *fmt, ...)
{
	va_list ap;

	if (errno == EMFILE || errno == ENFILE)
		status = EX_OSERR;
	va_start(ap, fmt);
	say(true, fmt, ap);
	va_end(ap);
	exit(status);
}

static void
trace_line(const struct diag_trace *t, const struct redact *secrets)
{
	struct buf safe = {0}, line = {0};

	redact_add(secrets, &safe, t->begun.p, t->begun.n, t->hide);
	buf_adds(&line, t->mark);
	term_line(&line, safe.p, safe.n);
	buf_trim(&line, " ");
	put_line(&line);
	buf_free(&safe);
}

void
diag_trace(struct diag_trace *t, const struct redact *secrets, const char *p,
    size_t n)
{
	const char *newline;

	for (; (newline = memchr(p, '\n', n)) != NULL; p = newline + 1) {
		buf_add(&t->begun, p, (size_t)(newline - p));
		buf_trim(&t->begun, "\r");
		trace_line(t, secrets);
		buf_clear(&t->begun);
		n -= (size_t)(newline + 1 - p);
	}
	buf_add(&t->begun, p, n);
}

void
diag_trace_end(struct diag_trace *t, const struct redact *secrets)
{
	buf_trim(&t->begun, "\r");
	if (t->begun.n > 0)
		trace_line(t, secrets);
	buf_free(&t->begun);
}

static int
rank(int status)
{
	switch (status) {
	case 0:
		return 0;
	case EX_NOANSWER:
		return 1;
	case EX_PROTOCOL:
		return 2;
	case EX_NOINPUT:
		return 3;
	case EX_DATAERR:
		return 4;
	case EX_UNAVAILABLE:
	case EX_TEMPFAIL:
	case EX_NOPERM:
		return 5;
	case EX_IOERR:
		return 6;
	default:
		return 7;
	}
}

int
diag_worst(int a, int b)
{
	return rank(b) > rank(a) ? b : a;
}
