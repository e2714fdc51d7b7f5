#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "ending.h"
#include "mem.h"

enum { MAX_STAGES = 16, MAX_FILES = 2 };

/* Changed only while signals are held. */
static pid_t stages[MAX_STAGES];
static const char *files[MAX_FILES];

static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
enum { NFATAL = sizeof(fatal) / sizeof(*fatal) };

static sigset_t held, before;
static const char *volatile parting;
static int how = SIGTERM;	/* what ends a stage */

/*
 * Stages go the last one first, so that none finds its input cut. Only what
 * POSIX.1-2008, XSH 2.4.3, allows in a signal handler.
 */
static void
undo(void)
{
	int i;

	ending_hold();
	for (i = MAX_STAGES - 1; i >= 0; i--)
		if (stages[i] != 0) {
			(void)kill(stages[i], how);
			(void)kill(stages[i], SIGCONT);	/* it may be stopped */
		}
	for (i = 0; i < MAX_STAGES; i++)
		if (stages[i] != 0 && waitpid(stages[i], NULL, 0) != -1)
			stages[i] = 0;
	for (i = 0; i < MAX_FILES; i++)
		if (files[i] != NULL)
			(void)unlink(files[i]);
}

void
ending_die(int signal_number)
{
	sigset_t set;

	undo();
	if (parting != NULL)
		(void)!write(STDERR_FILENO, parting, strlen(parting));
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
	sigemptyset(&set);
	sigaddset(&set, signal_number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + signal_number);
}

void
ending_init(void)
{
	struct sigaction sa = {.sa_handler = ending_die}, old;
	int i;

	sigemptyset(&held);
	for (i = 0; i < NFATAL; i++)
		sigaddset(&held, fatal[i]);
	sa.sa_mask = held;
	for (i = 0; i < NFATAL; i++) {
		sigaction(fatal[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &sa, NULL);
		else if (fatal[i] == how)
			how = SIGKILL;	/* stages ignore it, too */
	}
	(void)signal(SIGCHLD, SIG_DFL);	/* an end that nobody is told of can't be awaited */
	sigprocmask(SIG_BLOCK, NULL, &before);
	if (atexit(undo) != 0)
		mem_out();
}

void
ending_hold(void)
{
	sigprocmask(SIG_BLOCK, &held, NULL);
}

void
ending_release(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void
ending_leave(void)
{
	struct sigaction sa;
	int i;

	for (i = 0; i < NFATAL; i++)
		if (sigaction(fatal[i], NULL, &sa) == 0 &&
		    sa.sa_handler == ending_die)
			(void)signal(fatal[i], SIG_DFL);
	ending_release();
}

void
ending_add_stage(pid_t pid)
{
	int i = 0;

	while (stages[i] != 0)
		i++;
	stages[i] = pid;
}

/* While signals are held its number is no other process's yet. */
int
ending_wait(pid_t pid)
{
	int status, i;
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == -1)
		if (errno != EINTR)
			diag_die_errno(EX_OSERR, "waiting for a stage");
	ending_hold();
	(void)waitpid(pid, &status, 0);
	for (i = 0; i < MAX_STAGES; i++)
		if (stages[i] == pid)
			stages[i] = 0;
	ending_release();
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void
ending_add_file(const char *path)
{
	int i = 0;

	while (files[i] != NULL)
		i++;
	files[i] = path;
}

void
ending_drop_file(const char *path)
{
	int i;

	for (i = 0; i < MAX_FILES; i++)
		if (files[i] == path)
			files[i] = NULL;
}

void
ending_parting(const char *bytes)
{
	parting = bytes;
}
