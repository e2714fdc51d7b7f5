/*
 * server: supai-serve at work: listening, the answers that run, time and signals.
 * What clients see is front's, what an answer is worth is answer's.
 */
#ifndef SERVER_H
#define SERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "door.h"

struct server_options {
	const char	*answer;	/* the command, for sh */
	struct door	 door;
	long		 max_time;	/* ms that an answer may take; 0: any */
	size_t		 jobs, queue;	/* answers at once, and how many may wait */
	int		 log;		/* a descriptor; -1: none */
	const int	*listeners;	/* listening sockets, server's to close */
	size_t		 nlisteners;
	bool		 guest;		/* there is a command, with which it ends */
};

/*
 * Holds back the signals that the server handles, until it runs. *mask is what a
 * command is to have.
 */
void	server_prepare(sigset_t *mask);

/*
 * Serves until it is told to end, or until the command has ended. The status: the
 * command's, or 0; 74 where the log could not be written. Ends the tool with 71
 * where it cannot start.
 */
int	server_run(const struct server_options *o, const sigset_t *mask);

#endif
