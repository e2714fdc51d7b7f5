#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "ending.h"
#include "io.h"
#include "mem.h"
#include "stage.h"
#include "tools.h"
#include "when.h"

extern char **environ;

/* What a stage says is kept up to so many bytes. */
enum { MAX_SAID = 1 << 16 };

void
stage_pipe(int ends[2])
{
	if (pipe(ends) == -1)
		diag_die_errno(EX_OSERR, "a pipe");
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

void
stage_unblock(int fd)
{
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* fd becomes number of the stage; what it has already stays as it is. */
static int
give(posix_spawn_file_actions_t *actions, int fd, int number)
{
	return fd == number ? 0 :
	    posix_spawn_file_actions_adddup2(actions, fd, number);
}

/* Signals as they were for us: SIGPIPE by its default. */
static int
set_signals(posix_spawnattr_t *attr)
{
	sigset_t set;
	int error;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	error = posix_spawnattr_setsigdefault(attr, &set);
	if (error == 0)
		error = posix_spawnattr_setsigmask(attr, ending_mask());
	return error != 0 ? error : posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* What a stage has of our environment: the key only if it asks the service. Owned. */
static char **
environment(const char *tool)
{
	static const char key[] = "SUPAI_API_KEY=";
	bool asks = strcmp(tool, "supai-send") == 0 ||
	    strcmp(tool, "supai-ensemble") == 0;
	size_t n = 0, i;
	char **all;

	while (environ[n] != NULL)
		n++;
	all = mem_zero(n + 1, sizeof(*all));
	for (n = 0, i = 0; environ[i] != NULL; i++)
		if (asks || strncmp(environ[i], key, sizeof(key) - 1) != 0)
			all[n++] = environ[i];
	return all;
}

static int
spawn(struct stage *s, const char *path, char **argv, const int fds[3])
{
	char **its;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int error, i;

	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		return error;
	if ((error = posix_spawnattr_init(&attr)) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	for (i = 0; error == 0 && i < 3; i++)
		error = give(&actions, fds[i], i);
	if (error == 0)
		error = set_signals(&attr);
	its = environment(s->tool);
	ending_hold();
	if (error == 0)
		error = posix_spawn(&s->pid, path, &actions, &attr, argv, its);
	if (error == 0)
		ending_add_stage(s->pid);
	ending_release();
	free(its);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* posix_spawn(2) takes its words as argv has them, and changes none. */
static int
spawn_words(struct stage *s, const int fds[3])
{
	struct words argv = {0};
	char *path = tools_path(s->tool), **p;
	int error;

	words_add(&argv, s->tool);
	words_join(&argv, &s->args);
	memcpy(&p, &argv.p, sizeof(p));
	error = spawn(s, path, p, fds);
	words_free(&argv);
	if (error != 0) {
		errno = error;
		diag_die_errno(error == EAGAIN || error == ENOMEM ? EX_OSERR :
		    EX_CONFIG, "%s", path);
	}
	free(path);
	return error;
}

void
stage_start(struct stage *s, int in, int out)
{
	int err[2] = {-1, STDERR_FILENO};

	if (!s->aloud)
		stage_pipe(err);
	(void)spawn_words(s, (const int[]){in, out, err[1]});
	if (!s->aloud) {
		close(err[1]);
		stage_unblock(err[0]);
	}
	s->err = err[0];
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
	(void)io_write_all(STDERR_FILENO, s->said.p, s->said.n);
	buf_clear(&s->said);
}

void
stage_wait(struct stage *s)
{
	s->status = ending_wait(s->pid);
}

int
stage_try(struct stage *s)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (in == -1 || out == -1)
		diag_die_errno(EX_OSERR, "/dev/null");
	stage_start(s, in, out);
	close(in);
	close(out);
	if (s->err != -1)
		(void)fcntl(s->err, F_SETFL, 0);
	stage_hear(s);
	stage_wait(s);
	return s->status;
}

void
stage_free(struct stage *s)
{
	words_free(&s->args);
	buf_free(&s->said);
}
