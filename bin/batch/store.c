#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "io.h"
#include "result.h"
#include "store.h"

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Ends the tool when the file is an input: answers would be asked as questions. */
static void
check_inputs(const struct stat *file, const char *path, const char *advice,
    char **files, int nfiles)
{
	struct stat st;
	int i, r;

	for (i = 0; i < nfiles; i++) {
		r = strcmp(files[i], "-") == 0 ? fstat(STDIN_FILENO, &st) :
		    stat(files[i], &st);
		if (r == 0 && same_file(file, &st))
			diag_die(EX_DATAERR, "%s: is the input: %s", path, advice);
	}
}

/* Opens a file, one that is there already with O_EXCL too, or ends the tool. */
static void
open_file(struct store_file *f, int flags, struct stat *st)
{
	f->fd = open(f->path, flags | O_CLOEXEC, 0600);
	if (f->fd == -1 && errno == EEXIST)
		f->fd = open(f->path, (flags & ~(O_CREAT | O_EXCL)) | O_CLOEXEC);
	if (f->fd == -1 || fstat(f->fd, st) == -1)
		diag_die_errno(EX_CANTCREAT, "%s", f->path);
}

/* The file has one descriptor for all: to close any other one would give the lock
 * away (POSIX, fcntl). */
static void
lock(const struct store_file *f)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(f->fd, F_SETLK, &l) == 0)
		return;
	if (errno != EACCES && errno != EAGAIN)
		diag_die_errno(EX_CANTCREAT, "%s: cannot be locked", f->path);
	if (fcntl(f->fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK)
		diag_die(EX_TEMPFAIL, "%s: another batch is writing to it"
		    " (process %ld)", f->path, (long)l.l_pid);
	diag_die(EX_TEMPFAIL, "%s: another batch is writing to it", f->path);
}

/* Reading what earlier runs have left. */

static void
note(struct idset *done, struct tally *tally, const struct result_line *l)
{
	struct idset_entry *e;

	if (!l->success)
		return;
	e = idset_get(done, l->id.p, l->id.n);
	e->done = true;
	e->foreign = !l->hashed;
	e->flaw = tally_flaw(tally, l->flaw.p, l->flaw.n);
	e->request = (uint32_t)l->request.a;
}

/* Whether a line, or what there is of it, begins as ours do. */
static bool
begins_so(const char *p, size_t n)
{
	size_t start = strlen(RESULT_START);

	return memcmp(p, RESULT_START, n < start ? n : start) == 0;
}

/*
 * Reads the results that are there; f->size becomes the length of the whole lines,
 * without a last one that was torn: it is no result, has no newline, and comes after
 * results or begins like one. True when the last of the lines has no newline.
 */
static bool
read_answers(struct store_file *f, size_t max, struct idset *done,
    struct tally *tally)
{
	struct result_line l = {0};
	struct io_in in;
	const char *p;
	size_t n;
	enum io_got got;
	bool any = false, open_end = false;

	io_start_fd(&in, f->fd, f->path, max);
	while ((got = io_line(&in, &p, &n)) == IO_RECORD) {
		if (n > 0 && !result_read(&l, p, n)) {
			if (in.open_end && (any || begins_so(p, n)))
				break;
			diag_die(EX_DATAERR, "%s: line %lu is no result of a"
			    " batch: %sgive another file for the results",
			    in.name, in.line, any ? "delete that line, or " : "");
		}
		if (n > 0) {
			note(done, tally, &l);
			any = true;
		}
		open_end = in.open_end;
		f->size = (off_t)in.passed;
	}
	if (got == IO_LONG)
		exit(io_too_long(&in));
	if (in.status != 0)
		exit(EX_IOERR);
	io_stop(&in);
	result_free(&l);
	return open_end;
}

/* Ends the tool where the file for failures holds what no batch has written. */
static void
read_failures(const struct store_file *f, size_t max)
{
	struct result_line l = {0};
	struct io_in in;
	const char *p;
	size_t n;
	enum io_got got;
	bool ours;

	io_start_fd(&in, f->fd, f->path, max);
	while ((got = io_line(&in, &p, &n)) != IO_END) {
		ours = got == IO_LONG || in.open_end ? begins_so(p, n) : false;
		if (!ours && !(got == IO_RECORD && result_read(&l, p, n) && l.hashed))
			diag_die(EX_DATAERR, "%s: line %lu is no failure of a"
			    " batch: move the file away, or give another one"
			    " for the results", f->path, in.line);
	}
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
check_failures(struct store_file *f, const struct stat *answers, char **files,
    int nfiles, size_t max)
{
	struct stat st;

	if (stat(f->path, &st) == -1)
		return false;
	if (!S_ISREG(st.st_mode) || same_file(&st, answers))
		diag_die(EX_CANTCREAT, "%s: not a regular file of its own:"
		    " failures are to go there", f->path);
	check_inputs(&st, f->path, "it holds failures, no requests: run"
	    " the same command as before, and they are tried again", files,
	    nfiles);
	open_file(f, O_RDONLY, &st);
	read_failures(f, max);
	close(f->fd);
	f->fd = -1;
	return st.st_size > 0;
}

void
store_open(struct store *s, const char *path, char **files, int nfiles,
    size_t max, struct idset *done, struct tally *tally)
{
	struct store_file *f = &s->answers;
	struct stat st;
	bool open_end;

	*s = (struct store){.answers = {path, -1, 0}, .failures.fd = -1};
	if (path == NULL) {
		io_check_output();
		return;
	}
	buf_printf(&s->name, "%s.failed", path);
	s->failures.path = buf_string(&s->name);
	open_file(f, O_RDWR | O_APPEND | O_CREAT, &st);
	if (!S_ISREG(st.st_mode))
		diag_die(EX_CANTCREAT, "%s: not a regular file: without -o"
		    " results go to standard output", path);
	check_inputs(&st, path, "give another file for the results", files,
	    nfiles);
	lock(f);
	if (fstat(f->fd, &st) == -1)	/* it may have grown until then */
		diag_die_errno(EX_IOERR, "%s", path);
	open_end = read_answers(f, max, done, tally);
	if (check_failures(&s->failures, &st, files, nfiles, max) &&
	    unlink(s->failures.path) == -1)
		diag_die_errno(EX_CANTCREAT, "%s", s->failures.path);
	if (f->size < st.st_size && ftruncate(f->fd, f->size) == -1)
		diag_die_errno(EX_IOERR, "%s", path);
	if (open_end)
		store_add(s, true, "\n", 1);
}

/* A file that came while this runs is somebody else's, unless it is empty. */
static void
make_failures(struct store_file *f)
{
	struct stat st;

	open_file(f, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, &st);
	if (!S_ISREG(st.st_mode) || st.st_size > 0)
		diag_die(EX_CANTCREAT, "%s: somebody else has made it: it is"
		    " not overwritten", f->path);
}

void
store_add(struct store *s, bool success, const char *p, size_t n)
{
	struct store_file *f = success ? &s->answers : &s->failures;
	int saved;

	if (f->path == NULL) {
		io_write(p, n);
		return;
	}
	if (f->fd == -1)
		make_failures(f);
	if (fd_write(f->fd, p, n)) {
		f->size += (off_t)n;
		return;
	}
	saved = errno;
	/* A full disk takes a part first. */
	if (ftruncate(f->fd, f->size) == -1)
		diag_warn_errno("%s: a line may be torn", f->path);
	errno = saved;
	diag_die_errno(EX_IOERR, "%s", f->path);
}

static void
close_file(struct store_file *f)
{
	if (f->fd == -1)
		return;
	/* Some file systems are full only when it comes to that. */
	if ((fsync(f->fd) == -1 && errno != EINVAL && errno != ENOTSUP) ||
	    close(f->fd) == -1)
		diag_die_errno(EX_IOERR, "%s", f->path);
	f->fd = -1;
}

void
store_close(struct store *s)
{
	close_file(&s->failures);
	close_file(&s->answers);
	buf_free(&s->name);
}
