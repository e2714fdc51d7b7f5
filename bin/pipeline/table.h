/*
 * table: the options of the stages as one table, drawn from theirs: what an option
 * is called and does is written once, in lib/options.h or the tool that has it.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>

#include "options.h"

/* The stages, by their places. */
enum table_place {
	TABLE_REQ, TABLE_SEND, TABLE_SSE, TABLE_WATCH, TABLE_TEXT, TABLE_FOLD,
	TABLE_PLACES,
};

/* The letter of a stage's option that is no letter here. */
#define TABLE_LETTER(letter) (OPT_LONG + 3000 + (letter))

/*
 * Our own options (up to an entry without a name) and after them the stages', for
 * opt_tool; kept for good. Where we have one of a stage's name, it goes to that
 * stage, too, and has our help.
 */
const struct opt_def *table_make(const struct opt_def *own);

/* Whether an option goes to the stage in that place. */
bool	table_goes_to(int key, enum table_place place);

/* The option as a stage reads it: "-m", "--no-newline"; kept for good. */
const char *table_word(int key);

/* Its long name. */
const char *table_name(int key);

#endif
