/*
 * text: what of an answer is its text, printed as it arrives, and the status
 * that the answer deserves. supai-text's work; the state of answers is fold's.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

#include "chunk.h"
#include "fold.h"

enum text_end { TEXT_NEWLINE, TEXT_NOTHING, TEXT_NUL };

struct text_opts {
	long		 choice;	/* whose content is printed */
	const char	*key;		/* threads to print instead; NULL: none */
	bool		 thinking;	/* their thinking instead of their text */
	bool		 usage;		/* a line of token counts on stderr */
	bool		 gate;		/* hold the text back unless … */
	double		 min_confidence; /* … the median is at least this */
	bool		 lenient;	/* an answer need not be whole */
	bool		 any_finish;	/* any finish reason is as good as stop */
	bool		 safe;		/* print what a terminal may have */
	enum text_end	 end;		/* what ends an answer */
};

struct text;

/* The state for the options, which must outlive it; owned until text_finish. */
struct text *text_new(const struct text_opts *opts);

/* Takes in one record and prints what it brings (through io_write). */
void	text_add(struct text *t, const struct chunk *c);

/* The end of a file: the answers in it are over. */
void	text_end_file(struct text *t);

/*
 * The end of all input: frees t and returns the worst of its answers' statuses
 * and the one given, the reading's; 1 where all went well but no answer came.
 * Why was said on stderr.
 */
int	text_finish(struct text *t, int status);

#endif
