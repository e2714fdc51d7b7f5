/*
 * text: what of an answer is its text, printed as it arrives, and the status
 * that the answer deserves. The state of an answer is fold's.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

#include "chunk.h"
#include "fold.h"
#include "output.h"

struct text {
	/* The tool says, as with fold and output: */
	long		 choice;	/* whose content is printed */
	const char	*key;		/* threads to print instead; NULL: none */
	bool		 thinking;	/* thinking instead of text */
	bool		 usage;		/* a line of token counts on stderr */
	bool		 gate;		/* output holds the text back unless … */
	double		 min_confidence; /* … the median is at least this */
	bool		 lenient;	/* an answer need not be whole */
	bool		 any_finish;	/* any finish reason is as good as stop */

	struct fold	 fold;
	struct output	 output;
	bool		 any;		/* some answer came */
	int		 status;	/* the worst of the answers' */
};

/* Takes in one record and prints what it brings. */
void	text_add(struct text *t, const struct chunk *c);

/* The answer that is open, if one is, is over: prints its end, says what is wrong. */
void	text_finish(struct text *t);

#endif
