/*
 * places: the options of the stages as one table, drawn from theirs: what an option
 * is called and does is written once, in lib/options.h or the tool that has it.
 */
#ifndef PLACES_H
#define PLACES_H

#include "options.h"

/* The stages, by their places. */
enum place {
	PLACES_REQ, PLACES_SEND, PLACES_SSE, PLACES_WATCH, PLACES_TEXT, PLACES_FOLD,
	PLACES_ENSEMBLE,	/* in supai-send's place, where it is asked for */
	PLACES_KEEP,		/* the conversation's own supai-fold */
	PLACES_N,
};

/* The letter of a stage's option that is no letter here. */
#define PLACES_LETTER(letter) (OPT_LONG + 3000 + (letter))

/*
 * Our own options (up to an entry without a name) and after them the stages', for
 * opt_tool; kept for good. Where we have one of a stage's name, it goes to that
 * stage, too, and has our help.
 */
const struct opt_def *places_options(const struct opt_def *own);

struct places_option {
	const char	*name;	/* the long one */
	const char	*word;	/* as a stage reads it: "-m", "--no-newline" */
	unsigned	 places; /* where it goes: PLACES_BITs */
};
#define PLACES_BIT(place) (1U << (place))

/* One of these; borrowed. */
const struct places_option *places_find(int key);

#endif
