/*
 * logprobs: made-up log probabilities of an answer's tokens, as OpenAI's chunks
 * and completions carry them. The text alone fixes them, so that a test knows them
 * again. A token is a piece of the text, as the caller cuts it.
 */
#ifndef LOGPROBS_H
#define LOGPROBS_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

/* All zero: none are wanted. */
struct logprobs {
	bool	 wanted, top;	/* top: each token names itself as the likeliest */
	double	 doubt;		/* what the tokens' numbers lie around, negated */
};

/* Starts on the answer of n bytes to a request (kept) that may ask for them. */
void	logprobs_start(struct logprobs *l, jv request, const char *text, size_t n);

/* Adds the token that is the n bytes at p to an array (consumed); gives that. */
jv	logprobs_add(const struct logprobs *l, jv tokens, const char *p, size_t n);

/* The member "logprobs" of a choice with these tokens (consumed). */
jv	logprobs_member(jv tokens);

#endif
