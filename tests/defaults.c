/*
 * defaults COMMAND [ARG ...]: runs the command with the signals as a login gives
 * them. What is started in the background or by nohup has some ignored, and no
 * shell can undo that for the programs it starts.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static const int signals[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2,
		SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ,
	};
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (argc > 1)
		execvp(argv[1], argv + 1);
	(void)fprintf(stderr, "defaults: %s\n",
	    argc > 1 ? strerror(errno) : "no command");
	return 127;
}
