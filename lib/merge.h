/*
 * merge: a JSON value that comes in pieces, as the deltas of a stream bring it,
 * put together. Not for what the pieces mean: that is completion's.
 */
#ifndef MERGE_H
#define MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "emit.h"
#include "json.h"

enum merge_kind { MERGE_NONE, MERGE_RAW, MERGE_TEXT, MERGE_OBJECT, MERGE_ARRAY };

/* A zeroed node is empty and ready. */
struct merge {
	enum merge_kind		 kind;
	struct buf		 bytes;	/* MERGE_RAW: JSON; MERGE_TEXT: UTF-8 */
	struct merge_member	*members;
	size_t			 n;
};

struct merge_member {
	struct buf	name;	/* in an object: as JSON */
	long		index;	/* in an array whose elements say theirs; else -1 */
	struct merge	value;
};

/*
 * Adds a piece (borrowed for the call): a string to a string is joined to it;
 * an object's members are added one by one; an array's elements are added to
 * the element that has the same "index" member, or behind the others where they
 * have none; anything else takes the place of what was there, except that null
 * takes nothing's. Strings that name things (role, type, id, name) are not joined.
 */
void	merge_add(struct merge *m, struct json piece);

/* Puts v in the place of what is there. */
void	merge_set(struct merge *m, struct json v);

/* The value of an object's member of that name, a string; made where there is none. */
struct merge *merge_member(struct merge *m, struct json name);

/* The same, borrowed; NULL where there is none, or m is no object. */
const struct merge *merge_find(const struct merge *m, const char *name);

/* Whether it is null, or empty. */
bool	merge_is_null(const struct merge *m);

/* Writes what has come together so far; null for an empty node. */
void	merge_emit(const struct merge *m, struct emit *e);

void	merge_free(struct merge *m);

#endif
