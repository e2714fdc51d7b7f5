/*
 * endpoint: the command that a server runs while it serves, and that finds the
 * server in its environment. A server has one at most.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <signal.h>
#include <stdbool.h>

/*
 * Starts argv with SUPAI_BASE_URL, SUPAI_API_KEY and a NO_PROXY that has this
 * machine in it, and the signal mask given. Failure to fork ends the tool with
 * 71; a command that cannot be run ends with 126 or 127, and it is said.
 */
void	endpoint_start(char **argv, const char *url, const char *key,
	    const sigset_t *mask);

/*
 * From here on SIGINT and SIGTERM are the command's: they are passed on to it,
 * but for what the terminal sends, which it got itself.
 */
void	endpoint_pass_on(void);

/*
 * Waits for the command, or only looks. True when it has ended, with its status
 * as a shell has it: 128 and the signal's number where one killed it.
 */
bool	endpoint_wait(int *status);
bool	endpoint_ended(int *status);

#endif
