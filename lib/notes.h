/*
 * notes: what a person at a terminal would lose, or wait for, without noticing: one
 * line each on standard error, where that is a terminal; never in scripts. For the
 * tools that take a prompt.
 */
#ifndef NOTES_H
#define NOTES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether an option's argument, or a word, names standard input: "-", "@-", … */
bool	notes_names_input(const char *arg);

/*
 * What the command line makes of standard input: it is all of the prompt, or a part
 * of what is asked for, or nobody reads it. Says that it is the keyboard that is
 * read; or that it holds something that is not: a pipe or a file that is not at its
 * end, by its type. Not where our parent has the same one, as a loop has, or where
 * that can't be told.
 */
enum notes_use { NOTES_PROMPT, NOTES_PART, NOTES_UNREAD };
void	notes_input(enum notes_use use);

/* Says that a word of the prompt is the name of a file, for where -f was given. */
void	notes_files(const char *const *words, size_t n);

#endif
