/*
 * shapes: the fast way to read records. Nearly every record of a stream is, byte
 * for byte, like one that came shortly before it but for one string, the piece
 * of text that it brings. What is equal to bytes that were validated needs no
 * second look: only that string is checked, and the reading is taken over. All
 * other records go the slow way, chunk's.
 */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "chunk.h"

enum { SHAPES_MAX = 32 };

/*
 * A slice of a reading that holds the string, and so moves and grows with it: of
 * a record of n bytes it begins at the byte numbered at and is n - less long.
 */
struct shape_slice {
	struct json	*v;
	size_t		 at, less;
};

struct shape {
	struct buf	 record;	/* the one that this shape was seen in */
	size_t		 tail;		/* bytes from the string's closing quote on */
	uint64_t	 first, mask;	/* the tail's first, as many as it has */
	struct shape_slice slices[5];	/* the string's own, and the others */
	unsigned	 nslices;
	struct chunk	 chunk;		/* the reading of the last record of it */
};

/* Zeroed it knows no shape yet. It points into itself: not to be copied. */
struct shapes {
	struct shape	 shapes[SHAPES_MAX];
	/* What tells most shapes apart, close together; the most recent one first. */
	struct shape_key {
		size_t		 head;	/* bytes up to the string, with its quote */
		uint64_t	 last;	/* the last eight of them */
		struct shape	*shape;
	} keys[SHAPES_MAX];
	unsigned	 n;
	unsigned	 last;		/* the last shape's number */
	const char	*strange, *seen; /* up to seen, no known shape begins there */
	struct chunk	 slow;		/* a reading without a shape */
};

/*
 * Reads a record exactly as chunk_read does, with the same result for the same
 * bytes: *c, which is borrowed until the next call, and its slices from the
 * record or from s, likewise.
 */
bool	shapes_read(struct shapes *s, const struct chunk **c,
	    const char *record, size_t n, struct json_fault *fault);

/*
 * Takes the records that the n bytes at p begin with, as long as each is of a
 * known shape, at most max bytes long, and has its newline behind it: hands
 * their readings to add, borrowed for the call, with arg. Returns the bytes
 * taken, and in *records how many they were. No newline is looked for, so this
 * is faster than to find a record first.
 */
typedef void shapes_add(const struct chunk *c, void *arg);
size_t	shapes_take(struct shapes *s, const char *p, size_t n, size_t max,
	    shapes_add *add, void *arg, unsigned long *records);

void	shapes_free(struct shapes *s);

#endif
