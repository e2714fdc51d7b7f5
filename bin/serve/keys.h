/*
 * keys: who may ask: tokens, and the names of those who have them. Not for the
 * keys that go to other services: those are lib's key.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* All zero there are none. */
struct keys {
	struct keys_entry	*list;	/* keys' own */
	size_t			 n;
};

/*
 * Adds the lines of a file: a token, then a name if there is one; lines that
 * start with # say nothing. What cannot be read, others have rights to (but for
 * systemd's credentials), holds an empty token or none ends the tool with 78. No
 * message shows a token.
 */
void	keys_read(struct keys *k, const char *path);

/* Adds a token and a name (NULL: none), both copied. */
void	keys_add(struct keys *k, const char *token, const char *name);

/*
 * Whether somebody has this token, and in *name who (borrowed; NULL: no name).
 * All tokens are compared, and how long that takes depends on the length of the
 * one asked for alone.
 */
bool	keys_find(const struct keys *k, const char *token, const char **name);

void	keys_free(struct keys *k);

#endif
