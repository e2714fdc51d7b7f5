#include <sys/wait.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "endpoint.h"

enum { NOT_RUN = 126, NOT_FOUND = 127, SIGNALLED = 128 };	/* as shells have them */

/* The command, while it runs; for the signal handler. */
static volatile sig_atomic_t command;

/* What the terminal sends went to the command as well: not a second time. */
static void
pass_on(int sig, siginfo_t *info, void *unused)
{
	int saved = errno;

	(void)unused;
	if (command > 0 && (sig == SIGTERM || info->si_code == SI_USER ||
	    info->si_code == SI_QUEUE))
		kill(command, sig);
	errno = saved;
}

static void
set_environment(const char *url, const char *key)
{
	static const char *const names[] = {"NO_PROXY", "no_proxy"};
	struct buf hosts = {0};
	const char *had;
	size_t i;

	setenv("SUPAI_BASE_URL", url, 1);
	setenv("SUPAI_API_KEY", key, 1);
	for (i = 0; i < 2; i++) {
		had = getenv(names[i]);
		buf_adds(&hosts, "127.0.0.1,localhost");
		if (had != NULL && *had != '\0')
			buf_printf(&hosts, ",%s", had);
		setenv(names[i], buf_string(&hosts), 1);
		buf_clear(&hosts);
	}
	buf_free(&hosts);
}

void
endpoint_start(char **argv, const char *url, const char *key, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid == -1)
		diag_die_errno(EX_OSERR, "fork");
	if (pid != 0) {
		command = pid;
		return;
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	set_environment(url, key);
	execvp(argv[0], argv);
	diag_warn_errno("%s", argv[0]);
	_exit(errno == ENOENT ? NOT_FOUND : NOT_RUN);
}

void
endpoint_pass_on(void)
{
	struct sigaction sa = {.sa_sigaction = pass_on,
	    .sa_flags = SA_SIGINFO | SA_RESTART};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static bool
ended(int *status, int flags)
{
	pid_t pid;
	int how;

	while ((pid = waitpid((pid_t)command, &how, flags)) == -1)
		if (errno != EINTR)
			diag_die_errno(EX_OSERR, "wait");
	if (pid == 0)
		return false;
	command = 0;
	*status = WIFSIGNALED(how) ? SIGNALLED + WTERMSIG(how) :
	    WEXITSTATUS(how);
	return true;
}

bool
endpoint_wait(int *status)
{
	return ended(status, 0);
}

bool
endpoint_ended(int *status)
{
	return command > 0 && ended(status, WNOHANG);
}
