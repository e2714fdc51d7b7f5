#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "io.h"
#include "mem.h"
#include "result.h"
#include "store.h"

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool
is_input(const struct stat *file, const char *input)
{
	struct stat st;
	int r = strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &st) :
	    stat(input, &st);

	return r == 0 && same_file(file, &st);
}

/* Ends the tool when the file is an input: answers would be asked as questions. */
static void
check_inputs(const struct stat *file, const char *path, const char *advice,
    char **files, int nfiles)
{
	static char standard_input[] = "-";
	char *none[] = {standard_input};
	int i;

	if (nfiles == 0) {
		files = none;
		nfiles = 1;
	}
	for (i = 0; i < nfiles; i++)
		if (is_input(file, files[i]))
			diag_die(EX_DATAERR, "%s: is the input: %s", path,
			    advice);
}

/* The status of an output file that cannot be opened. */
static int
open_status(void)
{
	return errno == EMFILE || errno == ENFILE ? EX_OSERR : EX_CANTCREAT;
}

/* The file has one descriptor for all: to close any other one would give the lock
 * away (POSIX, fcntl). */
static void
lock(const struct store *s)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(s->fd, F_SETLK, &l) == 0)
		return;
	if (errno != EACCES && errno != EAGAIN)
		diag_die_errno(EX_CANTCREAT, "%s: cannot be locked", s->path);
	if (fcntl(s->fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK)
		diag_die(EX_TEMPFAIL, "%s: another batch is writing to it"
		    " (process %ld)", s->path, (long)l.l_pid);
	diag_die(EX_TEMPFAIL, "%s: another batch is writing to it", s->path);
}

static void
note(struct idset *done, struct flaws *flaws, const struct result_line *l)
{
	struct idset_entry *e;

	if (!l->success)
		return;
	e = idset_get(done, l->id.p, l->id.n);
	e->done = true;
	e->foreign = !l->hashed;
	e->flaw = l->flaw.n == 0 ? 0 :
	    flaws_number(flaws, l->flaw.p, l->flaw.n);
	idset_note(e, l->request);
}

_Noreturn static void
not_results(const struct io_in *in, bool others)
{
	diag_die(EX_DATAERR, "%s: line %lu is no result of a batch: %sgive"
	    " another file for the results", in->name, in->line,
	    others ? "delete that line, or " : "");
}

/*
 * Whether a line that is no result is one that was torn: it is the last one, has no
 * newline, and comes after results or begins like one.
 */
static bool
is_torn(const struct io_in *in, bool others, const char *p, size_t n)
{
	size_t start = strlen(RESULT_START);

	return in->open_end && (others ||
	    memcmp(p, RESULT_START, n < start ? n : start) == 0);
}

/*
 * Reads the results that are there; s->size becomes the length of the whole lines.
 * True when the last of these has no newline.
 */
static bool
read_results(struct store *s, size_t max, struct idset *done,
    struct flaws *flaws)
{
	struct result_line l = {0};
	struct io_in in;
	const char *p;
	size_t n;
	enum io_got got;
	bool any = false, open_end = false;

	io_start_fd(&in, s->fd, s->path, max);
	while ((got = io_line(&in, &p, &n)) == IO_RECORD) {
		if (n > 0 && !result_read(&l, p, n)) {
			if (!is_torn(&in, any, p, n))
				not_results(&in, any);
			break;
		}
		if (n > 0) {
			note(done, flaws, &l);
			any = true;
		}
		open_end = in.open_end;
		s->size = (off_t)in.passed;
	}
	if (got == IO_LONG)
		exit(io_too_long(&in));
	if (in.status != 0)
		exit(EX_IOERR);
	io_stop(&in);
	result_free(&l);
	return open_end;
}

static void
mend(struct store *s, off_t end, bool open_end)
{
	if (s->size < end && ftruncate(s->fd, s->size) == -1)
		diag_die_errno(EX_IOERR, "%s", s->path);
	if (open_end)
		store_add(s, true, "\n", 1);
}

static bool
is_ours(struct result_line *l, enum io_got got, const char *p, size_t n)
{
	if (got == IO_LONG)
		return n >= strlen(RESULT_START) &&
		    memcmp(p, RESULT_START, strlen(RESULT_START)) == 0;
	return result_read(l, p, n) && l->hashed;
}

/* Ends the tool where the file for failures holds what no batch has written. */
static void
read_failed(struct store *s, int fd, size_t max)
{
	struct result_line l = {0};
	struct io_in in;
	const char *p;
	size_t n;
	enum io_got got;

	io_start_fd(&in, fd, s->failed_path, max);
	while ((got = io_line(&in, &p, &n)) != IO_END)
		if (!is_ours(&l, got, p, n) && !is_torn(&in, false, p, n))
			diag_die(EX_DATAERR, "%s: line %lu is no failure of a"
			    " batch: move the file away, or give another one"
			    " for the results", s->failed_path, in.line);
	if (in.status != 0)
		exit(EX_IOERR);
	io_stop(&in);
	result_free(&l);
}

/*
 * Looks at the file for failures. True when it holds those of the run before; an
 * empty one may be anybody's.
 */
static bool
check_failed(struct store *s, const struct stat *results, char **files,
    int nfiles, size_t max)
{
	struct buf b = {0};
	struct stat st;
	int fd;

	buf_printf(&b, "%s.failed", s->path);
	s->failed_path = buf_take(&b);
	if (stat(s->failed_path, &st) == -1)
		return false;
	if (!S_ISREG(st.st_mode) || same_file(&st, results))
		diag_die(EX_CANTCREAT, "%s: not a regular file of its own:"
		    " failures are to go there", s->failed_path);
	check_inputs(&st, s->failed_path, "it holds failures, no requests: run"
	    " the same command as before, and they are tried again", files,
	    nfiles);
	fd = open(s->failed_path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		diag_die_errno(open_status(), "%s", s->failed_path);
	read_failed(s, fd, max);
	close(fd);
	return st.st_size > 0;
}

void
store_open(struct store *s, const char *path, char **files, int nfiles,
    size_t max, struct idset *done, struct flaws *flaws)
{
	struct stat st;
	bool open_end, failed;

	*s = (struct store){.path = path, .fd = -1, .failed_fd = -1};
	if (path == NULL) {
		io_check_output();
		return;
	}
	s->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (s->fd == -1 || fstat(s->fd, &st) == -1)
		diag_die_errno(open_status(), "%s", path);
	if (!S_ISREG(st.st_mode))
		diag_die(EX_CANTCREAT, "%s: not a regular file: without -o"
		    " results go to standard output", path);
	check_inputs(&st, path, "give another file for the results", files,
	    nfiles);
	lock(s);
	if (fstat(s->fd, &st) == -1)	/* it may have grown until then */
		diag_die_errno(EX_IOERR, "%s", path);
	open_end = read_results(s, max, done, flaws);
	failed = check_failed(s, &st, files, nfiles, max);
	if (failed && unlink(s->failed_path) == -1)
		diag_die_errno(EX_CANTCREAT, "%s", s->failed_path);
	mend(s, st.st_size, open_end);
}

static void
append(int fd, const char *path, off_t *size, const char *p, size_t n)
{
	int saved;

	if (io_write_all(fd, p, n)) {
		*size += (off_t)n;
		return;
	}
	saved = errno;
	/* A full disk takes a part first. */
	if (ftruncate(fd, *size) == -1)
		diag_warn_errno("%s: a line may be torn", path);
	errno = saved;
	diag_die_errno(EX_IOERR, "%s", path);
}

/* A file that came while this runs is somebody else's, unless it is empty. */
static void
open_failed(struct store *s)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC;
	struct stat st;

	s->failed_fd = open(s->failed_path, flags | O_CREAT | O_EXCL, 0600);
	if (s->failed_fd == -1 && errno == EEXIST)
		s->failed_fd = open(s->failed_path, flags);
	if (s->failed_fd == -1 || fstat(s->failed_fd, &st) == -1)
		diag_die_errno(open_status(), "%s", s->failed_path);
	if (!S_ISREG(st.st_mode) || st.st_size > 0)
		diag_die(EX_CANTCREAT, "%s: somebody else has made it: it is"
		    " not overwritten", s->failed_path);
}

void
store_add(struct store *s, bool success, const char *p, size_t n)
{
	if (s->path == NULL) {
		io_write(p, n);
	} else if (success) {
		append(s->fd, s->path, &s->size, p, n);
	} else {
		if (s->failed_fd == -1)
			open_failed(s);
		append(s->failed_fd, s->failed_path, &s->failed_size, p, n);
	}
}

static void
close_file(int fd, const char *path)
{
	if (fd == -1)
		return;
	/* Some file systems are full only when it comes to that. */
	if ((fsync(fd) == -1 && errno != EINVAL && errno != ENOTSUP) ||
	    close(fd) == -1)
		diag_die_errno(EX_IOERR, "%s", path);
}

void
store_close(struct store *s)
{
	close_file(s->failed_fd, s->failed_path);
	close_file(s->fd, s->path);
	free(s->failed_path);
	*s = (struct store){.fd = -1, .failed_fd = -1};
}
