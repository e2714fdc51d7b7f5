/*
 * stage: one tool as a process: started, listened to, waited for. Not for how
 * several stand together: that is run's.
 *
 * What it says on standard error is kept, for whoever knows by its end whether it
 * counts; or goes where ours goes.
 */
#ifndef STAGE_H
#define STAGE_H

#include <sys/types.h>

#include <stdbool.h>

#include "buf.h"
#include "words.h"

struct stage {
	const char	*tool;
	struct words	 args;		/* without the tool's name; owned */
	bool		 aloud;		/* standard error is ours; nothing is kept */
	/* Set by stage_start and what follows it. */
	pid_t		 pid;
	int		 err;		/* where it is listened to; -1: its end has come */
	struct buf	 said;		/* what it said and nobody was told yet */
	long long	 heard;		/* when it said the last of that, by when_now */
	int		 status;	/* as a shell has it, after stage_wait */
};

/* A pipe whose ends close when a program is started. Ends ours with 71. */
void	stage_pipe(int ends[2]);

/* An end that does not block: it must be a pipe's, and ours alone. */
void	stage_unblock(int fd);

/*
 * Starts it with these as standard input and output, which stay the caller's.
 * Ends the program with 71 or 78 where that fails.
 */
void	stage_start(struct stage *s, int in, int out);

/* Takes what it has said since. */
void	stage_hear(struct stage *s);

/* Passes on what is kept. */
void	stage_tell(struct stage *s);

/* Waits for its end. */
void	stage_wait(struct stage *s);

/*
 * Runs it to its end with nothing to read, and nobody who reads what it writes;
 * returns its status.
 */
int	stage_try(struct stage *s);

void	stage_free(struct stage *s);

#endif
