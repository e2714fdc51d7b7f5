#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "diag.h"
#include "interrupt.h"

static int pipe_fds[2] = {-1, -1};
static volatile sig_atomic_t first, count;

static void
on_signal(int sig)
{
	int saved = errno;

	if (first == 0)
		first = sig;
	count = count + 1;
	if (count > 2) {	/* it is stuck, in a write most likely */
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
	}
	/* When the pipe is full, the loop is awake anyway. */
	if (write(pipe_fds[1], "", 1) == -1)
		errno = saved;
	errno = saved;
}

static void
catch(int sig)
{
	struct sigaction sa;

	if (sigaction(sig, NULL, &sa) == -1 || sa.sa_handler == SIG_IGN)
		return;
	sa = (struct sigaction){.sa_handler = on_signal};
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

void
interrupt_catch(void)
{
	int i;

	if (pipe(pipe_fds) == -1)
		diag_die_errno(EX_OSERR, "pipe");
	for (i = 0; i < 2; i++)
		if (fcntl(pipe_fds[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(pipe_fds[i], F_SETFL, O_NONBLOCK) == -1)
			diag_die_errno(EX_OSERR, "pipe");
	catch(SIGINT);
	catch(SIGTERM);
}

int
interrupt_fd(void)
{
	return pipe_fds[0];
}

bool
interrupt_at_once(void)
{
	return count > 1;
}

int
interrupt_count(int *sig)
{
	char bytes[16];

	while (read(pipe_fds[0], bytes, sizeof(bytes)) > 0)
		;
	*sig = (int)first;
	return (int)count;
}

void
interrupt_die(int sig)
{
	sigset_t set;

	(void)signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(sig);
	_exit(EX_SOFTWARE);
}
