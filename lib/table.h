/*
 * table: finds things by name, as fast among a million as among ten. It keeps the
 * hash of each name and the number of the caller's thing; the caller compares the
 * names. Hashes differ from run to run, so that nobody can prepare many names of one
 * hash: they are not for writing down.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed it is empty and ready. All of it is table's own. */
struct table {
	struct table_slot {
		uint64_t	hash;	/* 0: free */
		size_t		thing;
	}	*slots;
	size_t	 n, cap;
};

/* The hash of a name, n bytes. */
uint64_t table_hash(const void *p, size_t n);

/*
 * Walks the numbers of the things of a hash; at is 0 at first:
 *	for (at = 0; (thing = table_next(&t, hash, &at)) != NULL;)
 * *thing may be changed, and is borrowed until something is added.
 */
size_t	*table_next(const struct table *t, uint64_t hash, size_t *at);

/* Adds a thing's number. */
void	table_add(struct table *t, uint64_t hash, size_t thing);

void	table_free(struct table *t);

#endif
