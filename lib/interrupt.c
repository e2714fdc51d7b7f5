#include <signal.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "interrupt.h"

static int wake[2] = {-1, -1};
static volatile sig_atomic_t first, count;

static void
on_signal(int sig)
{
	if (first == 0)
		first = sig;
	count = count + 1;
	if (count > 2) {	/* it is stuck, in a write most likely */
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
	}
	fd_wake(wake);
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
	if (!fd_waker(wake))
		diag_die_errno(EX_OSERR, "pipe");
	catch(SIGINT);
	catch(SIGTERM);
}

int
interrupt_fd(void)
{
	return wake[0];
}

bool
interrupt_at_once(void)
{
	return count > 1;
}

int
interrupt_count(int *sig)
{
	fd_drain(wake);
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
