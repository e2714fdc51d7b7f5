/*
 * filter: a jq program, compiled once and run on one value after the other. libjq's
 * interpreter, whose start costs some 20 ms, and its values are here alone: only who has
 * a program pays for it. What comes out has its precision: a double's, before jq 1.7.
 */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>

#include "buf.h"
#include "json.h"

struct filter;

/*
 * Compiles a program; owned, for filter_free. name is how messages call it (the
 * option: "-e"). One that is no jq program ends the tool with 64.
 */
struct filter *filter_new(const char *program, const char *name);

/*
 * Begins on a value (borrowed for the call). False with why appended where libjq does
 * not take it: it nests less deep than we do.
 */
bool	filter_start(struct filter *f, struct json input, struct buf *why);

enum filter_got {
	FILTER_VALUE,	/* *value is the next result, borrowed until the one after it */
	FILTER_END,	/* there is none left */
	FILTER_ERROR,	/* the program failed on this value; why has its message appended */
};
enum filter_got filter_next(struct filter *f, struct json *value,
	    struct buf *why);

/*
 * Whether the program called halt or halt_error, which fails on the value too:
 * nothing more is to be read, and it cannot be started again (libjq 1.6 frees
 * the message of halt_error at each start).
 */
bool	filter_halted(const struct filter *f);

/* NULL is fine. */
void	filter_free(struct filter *f);

#endif
