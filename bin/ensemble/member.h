/*
 * member: one part of a run, a model's or main's: its calls, round after round, the
 * answer that is in force, and how sure that is. And what all parts of a run share.
 */
#ifndef MEMBER_H
#define MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "body.h"
#include "buf.h"
#include "call.h"
#include "question.h"
#include "target.h"

enum run_merge { RUN_SYNTHESIS, RUN_VOTE, RUN_BEST };

/*
 * A run: who asks for what, all of it borrowed, then what its parts share: calls with
 * what its user sets, and what is written.
 */
struct run {
	const struct question *q;
	struct ask	 ask;
	struct target	**mains;	/* who may write the final answer, */
	size_t		 nmains;	/* 0: one of those that answered */
	struct target	*judge;		/* NULL: none */
	enum run_merge	 merge;
	unsigned long	 quorum;	/* 0: all */
	long		 patience_ms;
	unsigned	 rounds;
	const char	*instructions;	/* main's; NULL: the ones built in */
	uint64_t	 seed;		/* of the order in which answers are shown */
	bool		 verbose;
	struct calls	 calls;
	struct body	 body;
};

struct member {
	struct body_thread thread;
	bool		 main;		/* it is main, whose end the run writes */
	struct target	**targets;	/* whom it asks, the next one where one fails; */
	size_t		 ntargets;	/* borrowed */
	struct question_also also;	/* what is asked beside the question */
	struct call	 call;		/* its final is set by who makes the member */
	/* The answer in force. */
	bool		 answered;
	struct buf	 text, finish;
	bool		 scored;
	double		 confidence;	/* from 0 to 1 */
	/* Of this round. */
	bool		 settled;	/* its call is over, */
	bool		 fresh;		/* and brought an answer */
	/* Why there is none. */
	int		 status;
	struct buf	 why;		/* with who says so */
	/* member's own. */
	size_t		 at;
	struct call	 judge;
	bool		 closed;
};

/* Asks it for an answer: the first one, or in a further round another. */
void	member_ask(struct run *r, struct member *m);

/*
 * Takes in what came of the call, and writes it. True while the judge has not said how
 * sure the answer is.
 */
bool	member_move(struct run *r, struct member *m);

/* Does not wait for the call any longer: this round failed for that reason. */
void	member_give_up(struct run *r, struct member *m, const char *why);

/*
 * No further round follows: writes its end, and its confidence or, where it has none,
 * asks the judge for one. Does nothing the second time.
 */
void	member_close(struct run *r, struct member *m);

/* Does not wait for the judge any longer. */
void	member_give_up_judge(struct member *m);

void	member_free(struct member *m);

/* Of two failures the status that a run ends with in which nobody answered. */
int	member_worst(int a, int b);

#endif
