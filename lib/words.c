#include <stdlib.h>

#include "mem.h"
#include "words.h"

void
words_add(struct words *w, const char *word)
{
	w->p = mem_resize(w->p, w->n + 2, sizeof(*w->p));
	w->p[w->n++] = word;
	w->p[w->n] = NULL;
}

void
words_join(struct words *w, const struct words *more)
{
	size_t i;

	for (i = 0; i < more->n; i++)
		words_add(w, more->p[i]);
}

void
words_free(struct words *w)
{
	free(w->p);
	*w = (struct words){0};
}
