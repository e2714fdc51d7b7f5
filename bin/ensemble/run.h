/*
 * run: what the parts of one run of the ensemble share, and what it says on standard
 * error of a call.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call.h"
#include "panel.h"
#include "question.h"
#include "target.h"
#include "write.h"

enum run_merge { RUN_SYNTHESIS, RUN_VOTE, RUN_BEST };

struct run_options {
	enum run_merge	 merge;
	unsigned long	 quorum;	/* 0: all */
	long		 patience_ms;
	unsigned	 rounds;
	const char	*judge;		/* an id; NULL: none */
	const char	*instructions;	/* main's; NULL: the ones built in */
	bool		 seeded;
	uint64_t	 seed;
	bool		 verbose;
	size_t		 max;		/* bytes of an event, and of an answer */
	long		 max_ms;	/* of all of it; 0: no limit */
};

struct run {
	const struct run_options *o;	/* all borrowed */
	const struct question	*q;
	const struct panel	*panel;
	struct targets		*targets;
	struct target		*judge;	/* NULL: none */
	size_t			 n;	/* how many are asked */
	struct calls		 calls;
	struct writer		 w;
	struct buf		 out;	/* what is to be written */
	uint64_t		 seed;
};

/* With -v: a line about a call that has ended, well or not. */
void	run_tell_call(const struct run *r, const struct call *c);

/* With -v, or where a person would not see it otherwise: a model is left out. */
void	run_tell_failure(const struct run *r, const char *key, const char *why);

/* The texts that models are told, built in. */
extern const char run_instructions[], run_revise[], run_judge[];

#endif
