/*
 * process: a command as a process group of its own, its three pipes, and its end:
 * the group is told to end when its leader has ended or is to end, and killed
 * some seconds later. Not for what goes through the pipes.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include <stdbool.h>

struct process {
	pid_t		 pid;		/* the leader's, and the group's */
	int		 in, out, err;	/* our ends, which do not block; -1: closed */
	bool		 ended;		/* the leader has, and was reaped */
	int		 how;		/* then how, as wait(2) says it */
	bool		 gone;		/* so has everybody else in the group */
	long long	 due;		/* it is to have ended then; 0: any time */
	bool		 late;		/* it had not, and was told to */
	/* The rest is process's own. */
	long long	 kill_at;	/* ms of when_now; 0: it was not told to end */
	long long	 look_at;	/* whether the group is gone; 0: not now */
};

/*
 * Starts a command by sh, in the environment and with the limits of this process.
 * input is the descriptor that its standard input is to be; -1: a pipe from us.
 * False with errno set, and nothing is left of it.
 */
bool	process_start(struct process *p, const char *command, int input);

/* Closes one of its pipes, if it is open. */
void	process_close(int *end);

/* Tells the group to end: SIGTERM, and SIGKILL later. */
void	process_end(struct process *p, long long now);

/*
 * The leader, a child that wait(2) has to tell of and has not, has ended: tells
 * its group to end, and only then reaps it, so that the group's number is its own.
 */
void	process_reap(struct process *p, long long now);

/* Does what is due: ends, kills, looks whether the group is gone. */
void	process_tend(struct process *p, long long now);

/* When process_tend is wanted next, in ms of when_now; 0: it waits for nothing. */
long long process_due(const struct process *p);

#endif
