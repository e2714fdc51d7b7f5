/*
 * run: stages that stand one after the other, from their start to the status of
 * all of them. On a terminal a line tells a person that nothing is lost, only slow: it
 * comes after a while and goes when the answer begins.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "stage.h"

enum { RUN_STAGES = 8 };

struct run {
	struct stage	 stages[RUN_STAGES];
	size_t		 n;
	int		 out;		/* where the last stage writes */
	const char	*out_name;
	bool		 live;		/* what stages say while they live is passed on */
	bool		 waiting;	/* a line says that the answer is waited for */
	/* The rest is run's own. */
	int		 from;		/* where the last stage writes, if we pass it on to
					   out; -1: it does so itself, or its end has come */
	bool		 failed;	/* out took no more, which was said */
	bool		 reader;	/* what we write is read by somebody who may go */
	long long	 gone;		/* since when he is; 0: he is there */
};

/* The next stage. Words are borrowed. */
struct stage *run_add(struct run *r, const char *tool, const struct opt_words *args);

/*
 * What the stage added last writes goes into a file, too, to its end, also where the
 * stage after it has ended before; name is for messages.
 */
void	run_copy(struct run *r, int fd, const char *name);

/*
 * Starts them all and waits for their ends. Ends the program by SIGPIPE when who reads its
 * output is gone.
 */
void	run_go(struct run *r);

/*
 * The status of all: the worst one, but that a stage died by SIGPIPE does not count,
 * nor that one after the first had nothing to read, if another one failed. What
 * the stage of that status said is passed on, and what those said that did not
 * fail. SIGPIPE's own, 128 and its number, is left where nothing else happened.
 */
int	run_status(struct run *r);

void	run_free(struct run *r);

#endif
