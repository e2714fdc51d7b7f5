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
#include "opt.h"

enum { STAGE_FILES = 2 };

struct stage {
	const char	*tool;		/* NULL: what it reads goes on unchanged, and */
	struct stage_file {		/* into these files, too */
		int		 fd;
		const char	*name;	/* for messages; borrowed */
	}		 files[STAGE_FILES];
	size_t		 nfiles;
	const struct opt_words *args;	/* without the tool's name; borrowed */
	bool		 aloud;		/* standard error is ours; nothing is kept */
	/* Set by stage_start and what follows it. */
	pid_t		 pid;
	int		 err;		/* where it is listened to; -1: its end has come */
	struct buf	 said;		/* what it said and nobody was told yet; to be
					   freed by the caller */
	long long	 heard;		/* when it said the last of that, by when_now */
	int		 status;	/* as a shell has it, by ending_wait */
};

/* A pipe's end that is ours alone no longer blocks. */
void	stage_unblock(int fd);

/*
 * Starts it with these as standard input and output, which stay the caller's; out
 * -1: a pipe, whose other end is returned, the caller's too (else -1). Ends the
 * program with 71 or 78 where that fails.
 */
int	stage_start(struct stage *s, int in, int out);

/* Takes what it has said since. */
void	stage_hear(struct stage *s);

/* Passes on what is kept. */
void	stage_tell(struct stage *s);

/* Starts it with these, hears it to its end, and returns its status. */
int	stage_run(struct stage *s, int in, int out);

#endif
