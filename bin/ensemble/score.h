/*
 * score: how sure an answer is, a number from 0 to 1: from the log probabilities of
 * its tokens, or as a judge has said. Confidence is no truth: supai-ensemble(1).
 */
#ifndef SCORE_H
#define SCORE_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

/* All zero it has no token yet. */
struct score {
	double		 sum;	/* of the tokens' log probabilities */
	unsigned long	 n;	/* how many */
	bool		 spoilt; /* one of them is none */
};

/* Adds the tokens of a choice's member "logprobs", of either shape. */
void	score_add(struct score *s, struct json logprobs);

/* Sets *x to exp(mean); false where there is no token, or one that is no number. */
bool	score_of(const struct score *s, double *x);

/* The number from 0 to 1 that a judge's text begins its numbers with; or false. */
bool	score_judged(const char *p, size_t n, double *x);

#endif
