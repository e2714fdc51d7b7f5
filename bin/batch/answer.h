/*
 * answer: one response put together as its body arrives: event stream, chunks,
 * fold and completion in one, and what it is worth at the end. Not for the
 * transfer (http) nor for what it means that a transfer failed (outcome).
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "completion.h"
#include "fold.h"
#include "sse.h"

struct answer {
	/* Known after answer_end. */
	int		 status;	/* 0: whole and an answer; else <sysexits.h>'s */
	struct buf	 why;		/* where it is not 0: in a word, for a screen */
	struct buf	 body;		/* the completion as far as it goes, JSON; empty: none */
	double		 prompt_tokens, completion_tokens;
	bool		 done;		/* the stream said that it was over */
	bool		 error;		/* the service said what was wrong */
	struct fold	 fold;		/* what the body was made of */
	/* The rest is answer's own. */
	struct sse	 sse;
	struct completion completion;
	size_t		 max;
	unsigned long long taken;
};

/* Starts on a response; max is the longest event. Drops what was there before. */
void	answer_start(struct answer *a, size_t max);

/* The next bytes of the body. False when it cannot be read on. */
bool	answer_feed(struct answer *a, const char *p, size_t n);

/*
 * The body is at its end. status: 0; 65, 69, 75 or 77 for an error in the stream;
 * 76 for one that is cut or is no answer; 65 for one too long or too large; 1 for
 * an answer that is whole and says nothing. How a whole one ended is not asked.
 */
void	answer_end(struct answer *a);

/* Frees what it holds; it may be started again. */
void	answer_free(struct answer *a);

#endif
