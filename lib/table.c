#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "table.h"
#include "when.h"

enum { FIRST = 8 };	/* slots of the smallest table */

/* Every bit of h tells on every bit of what comes out: twice multiplied and folded. */
static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 33) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 33) * UINT64_C(0xd1342543de82ef95);
	return h ^ h >> 33;
}

/* What nobody knows who sends us names: when we began, and where we lie. */
static uint64_t
seed(void)
{
	static uint64_t x;
	char here;

	if (x == 0)
		x = (mix(when_chance()) ^ (uint64_t)(uintptr_t)&here) | 1;
	return x;
}

uint64_t
table_hash(const void *p, size_t n)
{
	const char *s = p;
	uint64_t h = seed() + n, word;

	for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = mix(h ^ word);
	}
	word = 0;
	if (n > 0)
		memcpy(&word, s, n);
	h = mix(h ^ word);
	return h != 0 ? h : 1;
}

size_t *
table_next(const struct table *t, uint64_t hash, size_t *at)
{
	struct table_slot *slot;

	if (t->cap == 0)
		return NULL;
	for (;;) {
		slot = &t->slots[(hash + (*at)++) & (t->cap - 1)];
		if (slot->hash == hash)
			return &slot->thing;
		if (slot->hash == 0)
			return NULL;
	}
}

static void
put(struct table *t, struct table_slot new)
{
	size_t i = (size_t)new.hash & (t->cap - 1);

	while (t->slots[i].hash != 0)
		i = (i + 1) & (t->cap - 1);
	t->slots[i] = new;
}

static void
grow(struct table *t)
{
	struct table old = *t;
	size_t i;

	t->cap = old.cap == 0 ? FIRST : old.cap * 2;
	t->slots = mem_zero(t->cap, sizeof(*t->slots));
	for (i = 0; i < old.cap; i++)
		if (old.slots[i].hash != 0)
			put(t, old.slots[i]);
	free(old.slots);
}

void
table_add(struct table *t, uint64_t hash, size_t thing)
{
	if (t->n >= t->cap / 2)
		grow(t);
	put(t, (struct table_slot){hash, thing});
	t->n++;
}

void
table_free(struct table *t)
{
	free(t->slots);
	*t = (struct table){0};
}
