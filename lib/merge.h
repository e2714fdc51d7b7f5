/*
 * merge: a JSON value that comes in pieces, as the deltas of a stream bring it,
 * put together. Not for what the pieces mean: that is completion's.
 */
#ifndef MERGE_H
#define MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "emit.h"
#include "json.h"
#include "table.h"

enum merge_kind {
	MERGE_NONE, MERGE_RAW, MERGE_TEXT, MERGE_OBJECT, MERGE_ARRAY,
	MERGE_GONE,	/* a member that was taken out of its object */
};

/* A zeroed node is empty and ready. */
struct merge {
	enum merge_kind		 kind;
	struct buf		 bytes;	/* MERGE_RAW: JSON; MERGE_TEXT: UTF-8 */
	uint32_t		 half;	/* of a MERGE_TEXT, see json_join */
	struct merge_member	*members;
	size_t			 n;
	size_t			 last;	/* merge's own: the member that was added to last */
	struct table		 table;	/* merge's own */
};

struct merge_member {
	struct buf	name;	/* in an object: as JSON; of a tool's call: its id */
	long		index;	/* in an array whose elements say theirs; else -1 */
	struct merge	value;
};

/*
 * Adds a piece (borrowed for the call). A string is joined to a string; an object's
 * members are added one by one; an array's elements go to the element of the same
 * "index", or after the others where they have none; anything else takes the place of
 * what was there, but null replaces nothing. Strings that name things ("role", "type",
 * "id" and their like) are not joined, and an empty one replaces nothing.
 */
void	merge_add(struct merge *m, struct json piece);

/*
 * The same for a member of m, which becomes an object. In "tool_calls" the id tells
 * calls apart: a new id begins a call, a known one goes on with its call; without an
 * id, the call of that "index" goes on, or else the last one.
 */
void	merge_put(struct merge *m, struct json name, struct json piece);

/* Puts v in the place of what is there. */
void	merge_set(struct merge *m, struct json v);

/*
 * Lays v over what is there: an object's members, deeply; anything else takes the place.
 * White space between tokens is left out. patch: as RFC 7396 has it, a null takes its
 * member out.
 */
void	merge_lay(struct merge *m, struct json v, bool patch);

/* The member of that name, made where there is none, m becoming an object. */
struct merge *merge_member(struct merge *m, struct json name);

/* The same, made a text, whose bytes the caller appends to. name: plain ASCII. */
struct merge *merge_text(struct merge *m, const char *name);

/* Adds an element, as it is, to such a member that is an array. */
void	merge_push(struct merge *m, const char *name, struct json element);

/* The member of that name, borrowed; NULL where there is none, or m is no object. */
const struct merge *merge_find(const struct merge *m, const char *name);

/* Whether it is null, or empty. */
bool	merge_is_null(const struct merge *m);

/* Writes what has come together so far; null for an empty node. */
void	merge_emit(const struct merge *m, struct emit *e);

void	merge_free(struct merge *m);

#endif
