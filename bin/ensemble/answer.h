/*
 * answer: one response put together as its body arrives: what is thought and said, why
 * it ended, how sure its tokens are, and what it is worth at the end. Bytes are pushed
 * in, pieces of text are pulled out. Not for the transfer (http), nor for what it means
 * that a transfer failed (outcome, call).
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "redact.h"
#include "sse.h"

enum answer_got {
	ANSWER_MORE,		/* feed more bytes */
	ANSWER_THINKING,	/* a piece of either, in answer's piece */
	ANSWER_TEXT,
	ANSWER_OVER,		/* all pieces were given, status says what it is worth */
};

/* A text in pieces; what may be half a character, or half a secret, is held back. */
struct answer_said {
	struct buf	 held;
	uint32_t	 half;	/* see json_join */
};

struct answer {
	struct buf	 in;		/* bytes of the body, for the caller to add to */
	struct buf	 piece;		/* borrowed until the next answer_next */
	struct buf	 text;		/* all that was said so far; UTF-8 */
	struct buf	 finish;	/* the finish reason; empty: none yet */
	struct buf	 usage;		/* the last usage object, JSON; empty: none */
	double		 sum;		/* of the log probabilities of the text's */
	unsigned long	 ntokens;	/* tokens, so many of them */
	bool		 unsure;	/* one of them is no number */
	/* Known once it is over. */
	bool		 over;		/* it ended by itself: [DONE], or an error in it */
	int		 status;	/* 0: whole, and with text; else <sysexits.h>'s */
	struct buf	 why;		/* where it is not 0: in a word, secrets hidden */
	/* The rest is answer's own. */
	const struct redact *redact;
	struct sse	 sse;
	size_t		 max, taken;
	bool		 started, whole;
	bool		 fed;		/* sse has what is in in, and is not done with it */
	bool		 has_text;	/* of the record that was read last */
	struct answer_said thought, said;
	struct buf	 refusal;
};

/*
 * Starts on a response, dropping what was there before; max is the longest event, and
 * the most bytes of text and thinking. redact is borrowed: its values are hidden in all
 * that is given. a must stay where it is in memory up to answer_free.
 */
void	answer_start(struct answer *a, const struct redact *redact, size_t max);

/*
 * What the bytes so far say, until ANSWER_MORE or ANSWER_OVER; ended: no more come. The
 * status is then 0; 69, 75, 77 or 65 for an error in the stream; 76 for one that is cut
 * or is no answer; 65 for one too long; 1 for an answer that is whole and says nothing.
 */
enum answer_got answer_next(struct answer *a, bool ended);

/*
 * How sure the answer is: sets *x to the mean probability of its tokens, exp(mean of the
 * logarithms); false where there is no token, or one without a number. Confidence is no
 * truth: supai-ensemble(1).
 */
bool	answer_confidence(const struct answer *a, double *x);

void	answer_free(struct answer *a);

#endif
