#ifdef __linux__
#define _GNU_SOURCE	/* F_SETPIPE_SZ */
#endif
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "sandbox.h"
#include "utf8.h"

enum {
	READ_SIZE = 1 << 17,
	WRITE_SIZE = 1 << 17,
	PIPE_SIZE = 1 << 16,	/* what a pipe holds where nobody asks for more */
	PIPE_WIDE = 1 << 18,	/* measured: past this the caches lose what turns win */
};

static struct buf out;

/*
 * A pipe that is seen to be busy is made larger, where a system can do that:
 * fewer turns between the processes at its ends. An idle one is left alone.
 */
static void
widen(int fd, size_t n, bool *wide)
{
	if (n < PIPE_SIZE / 2 || *wide)
		return;
	*wide = true;
#ifdef F_SETPIPE_SZ
	if (fcntl(fd, F_GETPIPE_SZ) == PIPE_SIZE)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_WIDE);
#else
	(void)fd;
#endif
}

/* exit(3) may not be called by what it calls: some systems trap that. */
static bool leaving;

static _Noreturn void
no_output(void)
{
	diag_warn_errno("standard output");
	if (leaving)
		_exit(EX_IOERR);
	exit(EX_IOERR);
}

static void
at_exit(void)
{
	leaving = true;
	io_flush();
	if (close(STDOUT_FILENO) == -1 && errno != EBADF)
		no_output();
}

static void
nothing(int signal)
{
	(void)signal;
}

void
io_init(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	int fd;

	/* Opened the wrong way round, so that using them fails as when closed. */
	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
	/* A pipe that is closed ends the tool as it does cat, however it was started. */
	sigemptyset(&sa.sa_mask);
	sigaction(SIGPIPE, &sa, NULL);
	/* A limit on the size of files is a full disk, EFBIG; but not to what the tool
	   starts. */
	sa.sa_handler = nothing;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGXFSZ, &sa, NULL);
	diag_before(io_flush);
	if (atexit(at_exit) != 0)
		mem_out();
}

static void
send_on(const void *p, size_t n)
{
	static bool wide;

	out.n = 0;	/* first: diag flushes, and must not find the same bytes */
	widen(STDOUT_FILENO, n, &wide);
	if (!fd_write(STDOUT_FILENO, p, n))
		no_output();
}

void
io_flush(void)
{
	if (out.n > 0)
		send_on(out.p, out.n);
}

void
io_close_output(void)
{
	io_flush();
	if (close(STDOUT_FILENO) == -1)
		no_output();
}

/* Where n bytes do not fit beside what waits: sends that on first. */
static void
write_slowly(const void *p, size_t n)
{
	io_flush();
	if (n >= WRITE_SIZE) {
		send_on(p, n);
		return;
	}
	buf_reserve(&out, WRITE_SIZE);
	buf_add(&out, p, n);
}

void
io_check_output(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags != -1 && (flags & O_ACCMODE) != O_RDONLY)
		return;
	errno = EBADF;
	no_output();
}

void
io_write(const void *p, size_t n)
{
	if (n >= out.cap - out.n) {
		write_slowly(p, n);
		return;
	}
	if (n > 0)	/* p may be NULL */
		memcpy(out.p + out.n, p, n);
	out.n += n;
}

/* read(2) through EINTR and a descriptor that does not block. */
static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t k;

	for (;;) {
		k = read(fd, p, n);
		if (k != -1)
			return k;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			fd_wait(fd, POLLIN);
		else if (errno != EINTR)
			return -1;
	}
}

/* Reads what is left of fd. False with errno set: EFBIG when that is over max bytes. */
static bool
read_all(int fd, struct buf *b, size_t max)
{
	size_t had = b->n;
	ssize_t k;

	for (;;) {
		buf_reserve(b, READ_SIZE);
		k = read_some(fd, b->p + b->n, b->cap - b->n);
		if (k == -1)
			return false;
		if (k == 0)
			return true;
		b->n += (size_t)k;
		if (b->n - had > max) {
			errno = EFBIG;
			return false;
		}
	}
}

/* A folder, or an input that is closed, is no input rather than a fault. */
static int
fault_status(int error)
{
	if (error == EMFILE || error == ENFILE)
		return EX_OSERR;
	if (error == EFBIG)
		return EX_DATAERR;
	return error == EIO || error == ENXIO || error == EINVAL ? EX_IOERR
	    : EX_NOINPUT;
}

int
io_slurp_fd(int fd, const char *name, unsigned how, struct buf *b, size_t max,
    struct buf *why)
{
	struct buf fault = {0};
	size_t had = b->n, bom;
	int status;

	if (fd != -1 && read_all(fd, b, max)) {
		bom = (how & IO_TEXT) != 0 ? utf8_bom(b->p + had, b->n - had) : 0;
		b->n -= bom;
		if (bom > 0)
			memmove(b->p + had, b->p + had + bom, b->n - had);
		return 0;
	}
	status = fault_status(errno);
	if (status != EX_DATAERR)
		buf_printf(&fault, "%s: %s", name, strerror(errno));
	else
		buf_printf(&fault, "%s: longer than %zu bytes%s", name, max,
		    (how & IO_LIMIT) != 0 ? " (--max-record)" : "");
	if (why != NULL)
		buf_add(why, fault.p, fault.n);
	else
		diag_warn("%s", buf_string(&fault));
	buf_free(&fault);
	return status;
}

int
io_slurp(const char *path, unsigned how, struct buf *b, size_t max)
{
	int fd, status;

	if (strcmp(path, "-") == 0)
		return io_slurp_fd(STDIN_FILENO, "standard input", how, b, max,
		    NULL);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	status = io_slurp_fd(fd, path, how, b, max, NULL);
	if (fd != -1)
		close(fd);
	return status;
}

char *
io_cut(char **rest)
{
	char *line = *rest, *end;

	if (line == NULL)
		return NULL;
	end = line + strcspn(line, "\n");
	*rest = *end == '\n' ? end + 1 : NULL;
	while (end > line && strchr(" \t\r", end[-1]) != NULL)
		end--;
	*end = '\0';
	return line;
}

void
io_start(struct io_in *in, char **files, int nfiles, size_t max)
{
	static char dash[] = "-";
	static char *standard[] = {dash};

	*in = (struct io_in){
		.files = nfiles > 0 ? files : standard,
		.nfiles = nfiles > 0 ? nfiles : 1,
		.fd = -1,
		.max = max,
	};
}

void
io_start_fd(struct io_in *in, int fd, const char *name, size_t max)
{
	*in = (struct io_in){.name = name, .fd = fd, .max = max, .kept = true};
}

static void
close_file(struct io_in *in)
{
	if (in->fd > STDIN_FILENO && !in->kept)
		close(in->fd);
	in->fd = -1;
}

static void
failed(struct io_in *in)
{
	int status = fault_status(errno);

	diag_warn_errno("%s", in->name);
	in->status = diag_worst(in->status, status);
}

void
io_confine(struct io_in *in)
{
	in->filter = true;
}

/* What the files that are left still need; once while there are some, once after. */
static void
give_up_powers(struct io_in *in)
{
	bool last = in->at == in->nfiles;

	if (!in->filter || (in->confined && !last))
		return;
	in->confined = true;
	in->filter = !last;	/* nothing is left after that */
	sandbox_filter(in->files + in->at, in->nfiles - in->at);
}

/* Whether what is written would be read again, without end: as cat(1) looks at it. */
static bool
is_output(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    fd_same(fd, STDOUT_FILENO);
}

/* Opens the next file; false when it cannot be read, which was said. */
static bool
open_next(struct io_in *in)
{
	const char *path = in->files[in->at++];

	in->line = 0;
	in->passed = 0;
	in->start = in->end = in->seen = 0;
	in->eof = in->skip = in->wide = false;
	in->name = strcmp(path, "-") == 0 ? "standard input" : path;
	in->fd = in->name == path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (in->fd == -1) {
		failed(in);
	} else if (is_output(in->fd)) {
		diag_warn("%s: is the output, too", in->name);
		in->status = diag_worst(in->status, EX_NOINPUT);
		close_file(in);
	}
	return in->fd != -1;
}

bool
io_next(struct io_in *in)
{
	bool opened = false;

	close_file(in);
	while (!opened && in->at < in->nfiles)
		opened = open_next(in);
	give_up_powers(in);
	return opened;
}

bool
io_is_last(const struct io_in *in)
{
	return in->at == in->nfiles;
}

/*
 * Reads more bytes after the ones held; false at the end of the file.
 * Room is made by moving what is held to the front, then by growing.
 */
static bool
fill(struct io_in *in)
{
	ssize_t k;

	if (in->eof)
		return false;
	if (in->start > 0 && in->cap - in->end < READ_SIZE / 2) {
		memmove(in->p, in->p + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	if (in->cap - in->end < READ_SIZE / 2) {
		in->cap = in->cap == 0 ? READ_SIZE : in->cap * 2;
		in->p = mem_resize(in->p, in->cap, 1);
	}
	io_flush();
	k = read_some(in->fd, in->p + in->end, in->cap - in->end);
	if (k == -1)
		failed(in);
	if (k <= 0) {
		in->eof = true;
		return false;
	}
	widen(in->fd, (size_t)k, &in->wide);
	in->any = true;
	in->end += (size_t)k;
	return true;
}

/*
 * Passes over what is held of a line that was too long; false where its end is
 * still to come.
 */
static bool
skip_held(struct io_in *in)
{
	size_t held = in->end - in->start;
	char *newline = held > 0 ? memchr(in->p + in->start, '\n', held) : NULL;

	if (newline != NULL)
		held = (size_t)(newline + 1 - (in->p + in->start));
	in->start += held;
	in->passed += held;
	in->seen = 0;
	in->skip = newline == NULL;
	return newline != NULL;
}

/* Whether a line is held whole, or is too long already; *n is its length. */
static bool
have_line(struct io_in *in, size_t *n)
{
	const char *p = in->p + in->start, *newline;
	size_t held = in->end - in->start;

	newline = held > in->seen ? memchr(p + in->seen, '\n',
	    held - in->seen) : NULL;
	in->seen = newline != NULL ? 0 : held;
	*n = newline != NULL ? (size_t)(newline - p) : held;
	return newline != NULL || held > in->max;
}

size_t
io_held(const struct io_in *in, const char **p)
{
	size_t n = in->skip ? 0 : in->end - in->start;

	*p = n > 0 ? in->p + in->start : NULL;
	return n;
}

void
io_take(struct io_in *in, size_t n)
{
	in->line++;
	in->start += n + 1;
	in->passed += n + 1;
	in->open_end = false;
}

bool
io_line_ready(struct io_in *in)
{
	struct pollfd fd = {.fd = in->fd, .events = POLLIN};
	size_t n;

	for (;;) {
		if (in->eof)
			return true;
		if (in->skip)
			(void)skip_held(in);
		if (!in->skip && have_line(in, &n))
			return true;
		if (poll(&fd, 1, 0) < 1)
			return false;
		fill(in);
	}
}

enum io_got
io_line(struct io_in *in, const char **p, size_t *n)
{
	size_t held, bom;
	bool whole;

	while (in->skip && !skip_held(in) && fill(in))
		;
	in->skip = false;
	in->seen = 0;
	while (!(whole = have_line(in, &held)) && fill(in))
		;
	in->open_end = !whole;
	if (!whole && held == 0)
		return IO_END;
	in->line++;
	*p = in->p + in->start;
	*n = held;
	if (held > in->max) {
		*n = in->max;
		in->skip = true;
		return IO_LONG;
	}
	in->start += held + whole;
	in->passed += held + whole;
	bom = in->line == 1 ? utf8_bom(*p, held) : 0;
	*p += bom;
	*n -= bom;
	return IO_RECORD;
}

bool
io_bytes(struct io_in *in, const char **p, size_t *n)
{
	if (in->start == in->end) {
		in->start = in->end = 0;
		if (!fill(in))
			return false;
	}
	*p = in->p + in->start;
	*n = in->end - in->start;
	in->start = in->end;
	return true;
}

bool
io_wait(struct io_in *in, long ms)
{
	struct pollfd fd = {.fd = in->fd, .events = POLLIN};
	int n;

	io_flush();
	if (in->start < in->end || in->eof)
		return true;
	do
		n = poll(&fd, 1, (int)ms);
	while (n == -1 && errno == EINTR);
	return n != 0;
}

int
io_too_long(const struct io_in *in)
{
	diag_warn("%s: line %lu: longer than %zu bytes (--max-record)", in->name,
	    in->line, in->max);
	return EX_DATAERR;
}

bool
io_blank(const char *p, size_t n)
{
	return n == 0 || json_skip(p, p + n) == p + n;
}

int
io_status(const struct io_in *in, int status)
{
	if (!in->any && in->status == 0 && status == 0)
		return EX_NOINPUT;
	return diag_worst(in->status, status);
}

void
io_stop(struct io_in *in)
{
	close_file(in);
	free(in->p);
	in->p = NULL;
}
