/*
 * member: one model's part in a run: its calls, round after round, the answer that is in
 * force, and how sure that is.
 */
#ifndef MEMBER_H
#define MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "call.h"
#include "choose.h"
#include "run.h"
#include "write.h"

struct member {
	struct thread	*thread;
	struct target	*target;
	bool		 streams;	/* its text is the answer's, as it comes */
	/* The answer in force. */
	bool		 answered;
	struct buf	 text, finish;
	bool		 scored;
	double		 confidence;
	/* Of this round. */
	bool		 settled;	/* its call is over, */
	bool		 fresh;		/* and brought an answer */
	/* Why there is none. */
	int		 status;
	struct buf	 why;
	/* member's own. */
	struct call	 call, judge;
	unsigned	 round;
	struct buf	 judge_key;
	bool		 closed;
};

/* Asks the model; others are the answers of the others, in a further round, or n is 0. */
void	member_ask(struct run *r, struct member *m, const struct candidate *others,
	    size_t n, uint64_t seed);

/* Takes in what came of the call, and writes it. */
void	member_move(struct run *r, struct member *m);

/* Does not wait for the call any longer: this round failed for that reason. */
void	member_give_up(struct run *r, struct member *m, const char *why);

/*
 * No further round follows: writes its end, and its confidence or, where it has none,
 * asks the judge for one. Does nothing the second time.
 */
void	member_close(struct run *r, struct member *m);

/* Whether the judge has not said yet how sure the answer is; and no longer waits for it. */
bool	member_is_judged(const struct member *m);
void	member_give_up_judge(struct member *m);

void	member_free(struct member *m);

#endif
