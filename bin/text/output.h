/*
 * output: what is printed of answers, one after the other: at once or held back,
 * as it is or harmless to a screen, each with its end.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

enum output_end { OUTPUT_NEWLINE, OUTPUT_NOTHING, OUTPUT_NUL };

/* Zeroed but for what the tool says it is ready. */
struct output {
	/* The tool says: */
	enum output_end	 end;		/* what ends an answer */
	bool		 safe;		/* print what a screen may have */
	bool		 hold;		/* nothing of an answer before its end */

	struct buf	 text;		/* what the tool appends, for output_push */
	uint32_t	 half;		/* of text, see json_join */
	bool		 any;		/* the answer has some text */
	/* The rest is output's own. */
	struct buf	 held, shown;
	bool		 open_line;	/* the last byte was no newline */
};

/* Prints what was appended to text. */
void	output_push(struct output *o);

/* Prints a line of its own, which is no text of the answer. */
void	output_line(struct output *o, const char *line);

/* The answer is over; what was held is printed, or dropped where print is false. */
void	output_finish(struct output *o, bool print);

void	output_free(struct output *o);

#endif
