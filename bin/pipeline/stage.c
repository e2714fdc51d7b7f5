#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "diag.h"
#include "ending.h"
#include "fd.h"
#include "stage.h"
#include "tools.h"
#include "when.h"

enum {
	MAX_SAID = 1 << 16,	/* what a stage says is kept up to so many bytes */
	COPY = 1 << 16,
};

void
stage_unblock(int fd)
{
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/*
 * In the new process. A file that takes no more is said; the answer goes on. The files
 * are filled also when nobody reads on what goes on.
 */
static _Noreturn void
copy(struct stage_file *files, size_t nfiles)
{
	static char p[COPY];
	bool gone = false;
	int status = 0;
	ssize_t n;
	size_t i;

	while ((n = read(STDIN_FILENO, p, sizeof(p))) > 0) {
		gone = gone || !fd_write(STDOUT_FILENO, p, (size_t)n);
		for (i = 0; i < nfiles; i++) {
			if (files[i].fd == -1 ||
			    fd_write(files[i].fd, p, (size_t)n))
				continue;
			diag_warn_errno("%s", files[i].name);
			files[i].fd = -1;
			status = EX_IOERR;
		}
	}
	_exit(status == 0 && gone ? 128 + SIGPIPE : status);
}

/*
 * In the new process: it becomes the tool at path, by these descriptors. The key is
 * for who asks the service. execv(2) takes words as argv has them, and changes none.
 */
static _Noreturn void
become(struct stage *s, const char *path, const int fds[3])
{
	struct opt_words argv = {0};
	char **p;
	int i;

	for (i = 0; i < 3; i++)
		if (fds[i] != i)
			(void)dup2(fds[i], i);
	ending_leave();
	if (s->tool == NULL || (strcmp(s->tool, "supai-send") != 0 &&
	    strcmp(s->tool, "supai-ensemble") != 0))
		config_forget("SUPAI_API_KEY");
	if (s->tool == NULL)
		copy(s->files, s->nfiles);
	(void)signal(SIGPIPE, SIG_DFL);
	opt_words_add(&argv, s->tool);
	opt_words_join(&argv, s->args);
	memcpy(&p, &argv.p, sizeof(p));
	(void)execv(path, p);
	diag_warn_errno("%s", path);
	_exit(EX_CONFIG);
}

static void
make_pipe(int ends[2])
{
	if (!fd_pipe(ends))
		diag_die_errno(EX_OSERR, "a pipe");
}

int
stage_start(struct stage *s, int in, int out)
{
	char *path = s->tool != NULL ? tools_path(s->tool) : NULL;
	int ends[2] = {-1, out}, err[2] = {-1, STDERR_FILENO};

	if (out == -1)
		make_pipe(ends);
	if (!s->aloud)
		make_pipe(err);
	ending_hold();
	s->pid = fork();
	if (s->pid == 0) {
		if (ends[0] != -1)	/* who reads it is not the one who writes it */
			close(ends[0]);
		become(s, path, (const int[]){in, ends[1], err[1]});
	}
	if (s->pid != -1)
		ending_add_stage(s->pid);
	ending_release();
	if (s->pid == -1)
		diag_die_errno(EX_OSERR, "fork");
	free(path);
	if (out == -1)
		close(ends[1]);
	if (!s->aloud) {
		close(err[1]);
		stage_unblock(err[0]);
	}
	s->err = err[0];
	return ends[0];
}

void
stage_hear(struct stage *s)
{
	ssize_t n;

	while (s->err != -1) {
		if (s->said.n >= MAX_SAID)
			stage_tell(s);
		buf_reserve(&s->said, MAX_SAID / 4);
		n = read(s->err, s->said.p + s->said.n, MAX_SAID / 4);
		if (n > 0) {
			s->said.n += (size_t)n;
			s->heard = when_now();
		} else if (n == -1 && errno == EAGAIN) {
			return;
		} else if (n == 0 || errno != EINTR) {
			close(s->err);
			s->err = -1;
		}
	}
}

void
stage_tell(struct stage *s)
{
	(void)fd_write(STDERR_FILENO, s->said.p, s->said.n);
	buf_clear(&s->said);
}

int
stage_run(struct stage *s, int in, int out)
{
	struct pollfd fd = {.events = POLLIN};

	for ((void)stage_start(s, in, out); s->err != -1; stage_hear(s)) {
		fd.fd = s->err;
		(void)poll(&fd, 1, -1);
	}
	s->status = ending_wait(s->pid);
	return s->status;
}
