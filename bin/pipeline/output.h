/*
 * output: the file of --output: whole, or as it was before.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>

#include "buf.h"
#include "draft.h"

struct output {
	const char	*name;	/* as it was given; NULL: standard output */
	int		 fd;	/* where the answer goes */
	bool		 direct; /* that is the thing itself: a device, a FIFO, a
				   descriptor: it can't be taken back */
	/* The rest is output's own. */
	char		*path;	/* the file, links followed; owned */
	bool		 there;	/* it existed before */
	struct draft	 draft;
};

/*
 * Finds out what the output of that name is, and changes nothing; "-" and what else stands for
 * standard output become NULL. Ends the program with 73 where it can be no output.
 */
void	output_find(struct output *o);

/* Makes what the answer goes to. Ends the program with 73 where that fails, with 75
 * where another run writes the same file. */
void	output_open(struct output *o);

/* Whether what is to become the file still stands: one more of the same takes it over. */
bool	output_stands(const struct output *o);

/*
 * Whether the open file is the one that the answer goes to; one that was not there
 * before is removed then.
 */
bool	output_is(const struct output *o, int fd);

/* The answer is there and whole. Ends the program with 74 where it can't be put in
 * its place. */
void	output_keep(struct output *o);

/* Appends how a shell's command line sends its output there: " >a.new && mv …". */
void	output_show(const struct output *o, struct buf *line);

void	output_close(struct output *o);

#endif
