/*
 * idset: knows the ids of a batch, and the hash of the request that each one had. It
 * takes about 40 bytes an id, however long the ids are: it keeps hashes of them.
 */
#ifndef IDSET_H
#define IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash.h"

enum { IDSET_SHARDS = 256 };

/* What is known of one id. */
struct idset_entry {
	struct hash	id;		/* of the id's text; idset's own */
	uint32_t	request;	/* of the hash of the request that has a result; once
					   seen, how many lines were such a request */
	unsigned char	flaw;		/* of its answer, as tally numbers it; 0: none */
	bool		done : 1;	/* there is a result */
	bool		foreign : 1;	/* it does not tell of which request */
	bool		seen : 1;	/* it was in this input */
};

/* All zero it is empty and ready. It has many small tables, so that no second copy of
 * all is needed while one of them grows. */
struct idset {
	struct idset_shard {		/* idset's own */
		struct idset_entry	*p;
		size_t			 n, cap;
	} shards[IDSET_SHARDS];
};

/*
 * The entry of the id that text is, added (all zero) where it was not there;
 * borrowed until the next call.
 */
struct idset_entry *idset_get(struct idset *set, const char *text, size_t n);

void	idset_free(struct idset *set);

#endif
