/*
 * shapes: tells records that are, byte for byte, like one that was remembered,
 * but for one string in them. Nearly every record of a stream is like one that
 * came shortly before it, but for the piece of text that it brings; what equals
 * bytes that were checked needs no second look. Not for what a record says: that
 * is chunk's, the one module that uses this.
 */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"

enum { SHAPES_MAX = 32 };

/* Zeroed it knows no shape yet. */
struct shapes {
	/* All of it is shapes' own. */
	struct shape {
		struct buf	 record;	/* the one that it was seen in */
		size_t		 tail;		/* bytes from the string's closing quote on */
		uint64_t	 first, mask;	/* the first eight of them, or as many */
	} shapes[SHAPES_MAX];
	/* What tells most shapes apart, close together; the most recent one first. */
	struct shape_key {
		size_t		 head;		/* bytes up to the string, with its quote */
		uint64_t	 last;		/* the last eight of them */
		unsigned	 number;
	} keys[SHAPES_MAX];
	unsigned	 n;
};

/*
 * Looks for a shape of which the n bytes at p are a record, or begin with one and
 * have a newline after it. Its length, 0 where there is none; the shape's number; and
 * whether its string says the bytes between its quotes as they are, and they are ASCII.
 */
struct shapes_found {
	size_t		length;
	unsigned	number;
	bool		plain;
};
struct shapes_found shapes_find(struct shapes *s, const char *p, size_t n);

/*
 * Remembers a record of valid JSON and the string in it that may change. Returns
 * the shape's number, below SHAPES_MAX: a new one, or that of the shape that was
 * not seen for longest and is forgotten.
 */
unsigned shapes_keep(struct shapes *s, const char *record, size_t n,
	    struct json string);

/* The copy that is kept of a shape's record, borrowed until that is forgotten. */
const char *shapes_record(const struct shapes *s, unsigned number);

void	shapes_free(struct shapes *s);

#endif
