/*
 * draft: what is to become a file, whole, or to vanish. It stands beside the file, as
 * .supai.NAME, and is locked as long as its process lives: nobody else works at the same
 * file then, and what a run that was killed left is removed by the next one.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include <stdbool.h>

struct draft {
	char		*name;	/* NULL: there is none; owned */
	const char	*path;	/* the file's; borrowed */
	int		 fd;	/* empty at first, readable for its owner only */
};

/*
 * Makes that of the file at path; waits for those who work at it, some seconds.
 * Returns NULL, or who still does, in words. Ends the program with 73 where it
 * cannot be made.
 */
const char *draft_open(struct draft *d, const char *path);

/* Whether it still has its name: one more of the same file, in this process, takes that. */
bool	draft_stands(const struct draft *d);

/* It takes the file's place; false with errno, and then it is still there. */
bool	draft_keep(struct draft *d);

/* Removes it, if there is one. */
void	draft_drop(struct draft *d);

#endif
