/*
 * walk: one walk over a JSON text, in which each value is checked, hashed, written
 * anew and built for libjq, so that no byte is gone over again for any of these.
 * Not for what the values mean: that is task's.
 *
 *	walk_start(&w, text, n);
 *	walk_open(&w, &o, &out);
 *	for (i = json_open(text, n, &w.fault); json_name(&i, &name);)
 *		walk_member(&w, &o, &i, name, false);
 *	hash = walk_close(&w, &o);
 *
 * A hash is the same for what is the same JSON value: whatever the order of
 * members, the escapes of strings and the spelling of numbers.
 */
#ifndef WALK_H
#define WALK_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "buf.h"
#include "emit.h"
#include "hash.h"
#include "json.h"

struct walk {
	struct json_fault fault;	/* what json found, where a walk broke off */
	size_t		 bad;		/* where the first byte is that is no UTF-8; n: none */
	/* The rest is walk's own. */
	const char	*start;
	struct buf	 text;		/* of the string at hand */
	struct walk_pair {
		struct hash	name, value;
		size_t		at;
	}		*pairs;		/* the members of all objects that are open */
	size_t		 n, cap;
};

/* An object that is open. */
struct walk_object {
	jv		 value;		/* what was taken into it; the caller's to free */
	struct emit	 e;
	/* walk's own */
	size_t		 from;		/* its first pair */
};

/* Starts on a text of n bytes; w's memory is used again (zero it the first time). */
void	walk_start(struct walk *w, const char *text, size_t n);

/* Opens an object, which is written after what out holds. */
void	walk_open(struct walk *w, struct walk_object *o, struct buf *out);

/*
 * Takes in the member that i is at, and returns its value's text. With drop it is
 * checked, and in o->value, but neither written nor hashed.
 */
struct json walk_member(struct walk *w, struct walk_object *o,
	    struct json_iter *i, struct json name, bool drop);

/*
 * Takes in a member of our own, whose value has that text and hash; it is not in
 * o->value. The name is a constant of plain ASCII.
 */
void	walk_add(struct walk *w, struct walk_object *o, const char *name,
	    const char *text, size_t n, struct hash value);

/* Closes the object opened last, and returns its hash. */
struct hash walk_close(struct walk *w, struct walk_object *o);

void	walk_free(struct walk *w);

#endif
