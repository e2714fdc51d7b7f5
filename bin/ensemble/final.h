/*
 * final: who writes the final answer: main's call, and its stand-ins where it fails.
 */
#ifndef FINAL_H
#define FINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "call.h"
#include "choose.h"
#include "run.h"
#include "write.h"

struct final {
	struct thread	 thread;	/* main's */
	struct target	**targets;	/* who may write it, the first one first; owned */
	size_t		 n;
	bool		 over;		/* it has ended: */
	int		 status;	/* 0, or why there is no answer, */
	struct buf	 why;		/* in words */
	struct call	 call;		/* its answer is the final one */
	/* final's own. */
	size_t		 at;
	struct buf	 data;
};

/* Asks main for the final answer over the n candidates. */
void	final_ask(struct run *r, struct final *f, const struct candidate *c,
	    size_t n);

/* Takes in what came of the call, and writes it. */
void	final_move(struct run *r, struct final *f);

void	final_free(struct final *f);

/* Of two failures the status that a run ends with in which nobody answered. */
int	final_worst(int a, int b);

#endif
