#include <stdlib.h>
#include <string.h>

#include "idset.h"
#include "mem.h"

enum { FIRST_CAP = 16 };

static bool
is_free(const struct idset_entry *e)
{
	return e->id.a == 0 && e->id.b == 0;
}

/* Where an id is, or would be: the first entry, from its place on, that has it or is
 * free. */
static struct idset_entry *
find(struct idset_entry *table, size_t cap, struct hash id)
{
	size_t i = (size_t)(id.b % cap);

	while (!is_free(&table[i]) &&
	    (table[i].id.a != id.a || table[i].id.b != id.b))
		i = i + 1 < cap ? i + 1 : 0;
	return &table[i];
}

void
idset_note(struct idset_entry *e, struct hash request)
{
	memcpy(e->request, &request.a, sizeof(e->request));
}

bool
idset_same(const struct idset_entry *e, struct hash request)
{
	return memcmp(e->request, &request.a, sizeof(e->request)) == 0;
}

struct idset_entry *
idset_get(struct idset *s, const char *text, size_t n)
{
	struct hash id = hash_of(text, n);
	size_t shard = (size_t)(id.a % IDSET_SHARDS), cap, i;
	struct idset_entry *table = s->shards[shard].p, *e;

	id.b |= id.a == 0 && id.b == 0;	/* that one means "free" */
	cap = s->shards[shard].cap;
	/* At most four fifths full, at least eight fifteenths. */
	if (s->shards[shard].n * 5 >= cap * 4) {
		cap = cap == 0 ? FIRST_CAP : cap + cap / 2;
		table = mem_zero(cap, sizeof(*table));
		for (i = 0; i < s->shards[shard].cap; i++)
			if (!is_free(&s->shards[shard].p[i]))
				*find(table, cap, s->shards[shard].p[i].id) =
				    s->shards[shard].p[i];
		free(s->shards[shard].p);
		s->shards[shard].p = table;
		s->shards[shard].cap = cap;
	}
	e = find(table, cap, id);
	if (is_free(e)) {
		e->id = id;
		s->shards[shard].n++;
	}
	return e;
}

unsigned long
idset_count(struct idset_entry *e)
{
	uint32_t count;

	memcpy(&count, e->request, sizeof(count));
	count++;
	memcpy(e->request, &count, sizeof(count));
	return count;
}

void
idset_free(struct idset *s)
{
	size_t i;

	for (i = 0; i < IDSET_SHARDS; i++)
		free(s->shards[i].p);
	*s = (struct idset){0};
}
