#include <stdlib.h>

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
find(const struct idset_shard *s, struct hash id)
{
	size_t i = (size_t)(id.b % s->cap);

	while (!is_free(&s->p[i]) && (s->p[i].id.a != id.a || s->p[i].id.b != id.b))
		i = i + 1 < s->cap ? i + 1 : 0;
	return &s->p[i];
}

static void
grow(struct idset_shard *s)
{
	struct idset_shard old = *s;
	size_t i;

	s->cap = old.cap == 0 ? FIRST_CAP : old.cap + old.cap / 2;
	s->p = mem_zero(s->cap, sizeof(*s->p));
	for (i = 0; i < old.cap; i++)
		if (!is_free(&old.p[i]))
			*find(s, old.p[i].id) = old.p[i];
	free(old.p);
}

struct idset_entry *
idset_get(struct idset *set, const char *text, size_t n)
{
	struct hash id = hash_of(text, n);
	struct idset_shard *s = &set->shards[id.a % IDSET_SHARDS];
	struct idset_entry *e;

	id.b |= id.a == 0 && id.b == 0;	/* that one means "free" */
	/* At most four fifths full, at least eight fifteenths. */
	if (s->n * 5 >= s->cap * 4)
		grow(s);
	e = find(s, id);
	if (is_free(e)) {
		e->id = id;
		s->n++;
	}
	return e;
}

void
idset_free(struct idset *set)
{
	size_t i;

	for (i = 0; i < IDSET_SHARDS; i++)
		free(set->shards[i].p);
	*set = (struct idset){0};
}
