/*
 * words: a list of words that grows: the arguments of a command. The words
 * themselves are borrowed.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

struct words {
	const char	**p;	/* n words and a NULL; owned; NULL while there is none */
	size_t		  n;
};

void	words_add(struct words *w, const char *word);
void	words_join(struct words *w, const struct words *more);
void	words_free(struct words *w);

#endif
