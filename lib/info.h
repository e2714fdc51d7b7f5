/*
 * info: the answers to info/models and info/modes: the ids in one that came, and
 * one that our servers give. Not for getting them (client) nor for the lists that
 * we know ourselves (models).
 */
#ifndef INFO_H
#define INFO_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "models.h"

/*
 * Appends the ids of an answer of n bytes to ids, in its order, each ended by
 * NUL, and sets *count. They stand in the member "text" (models: else in "data", as
 * OpenAI's list has them; modes: else the answer is all there is): an object whose members' names are the ids and whose values are
 * objects, or an array of ids or of objects with a member "id". False with why
 * (appended) when it is neither, holds none, or one that a list of ids could not hold.
 */
bool	info_ids(enum models_list list, const char *p, size_t n,
	    struct buf *ids, size_t *count, struct buf *why);

/*
 * Appends an answer with these ids as the members of "text", and one that may be
 * NULL in "image".
 */
void	info_add(struct buf *out, const char *const *ids, size_t n,
	    const char *image);

#endif
