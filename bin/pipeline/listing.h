/*
 * listing: conversations for a person to look at: which there are, and what was said
 * in one. Nothing is changed.
 */
#ifndef LISTING_H
#define LISTING_H

#include <stdbool.h>

/*
 * Writes a line for each conversation, the last one used first: its name, when that
 * was, and the first words that were said, with tabs between them.
 */
void	listing_all(void);

/*
 * Writes what was said in one (NULL: this terminal's or script's), each message
 * after a line with its role; safe: as a terminal may have it. Ends the program with
 * 66 where there is none, 65 where the file holds none.
 */
void	listing_one(const char *name, bool safe);

#endif
