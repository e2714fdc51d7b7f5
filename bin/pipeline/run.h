/*
 * run: stages that stand one after the other, from their start to the status of
 * all of them, with what is kept of what passes between them.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "relay.h"
#include "stage.h"

enum { RUN_STAGES = 8, RUN_RELAYS = 4 };

struct run {
	struct stage	 stages[RUN_STAGES];
	size_t		 n;
	/* What else becomes of what a stage writes; -1 is no stage's number. */
	int		 keep_at;	/* the stage whose output is kept, */
	struct buf	 kept;
	int		 events_at;	/* and the one that writes the events, which go to */
	int		 events_fd;	/* a file (-1: none), */
	const char	*events_name;
	struct stage	 beside;	/* and to a stage (without a tool: none), whose */
	struct buf	 result;	/* output is kept */
	int		 out;		/* where the last stage writes */
	const char	*out_name;
	bool		 live;		/* what stages say while they live is passed on */
	bool		 waiting;	/* a line says that the answer is waited for */
	/* The rest is run's own. */
	struct relay	 relays[RUN_RELAYS];
	size_t		 nrelays;
	struct relay	*last;		/* of those, the one after the last stage */
	bool		 reader;	/* what we write is read by somebody who may go */
	long long	 gone;		/* since when he is; 0: he is there */
};

/* Empty; out is standard output. */
void	run_init(struct run *r);

/* The next stage, to have its arguments added. */
struct stage *run_add(struct run *r, const char *tool);

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
