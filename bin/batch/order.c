#include <stdlib.h>

#include "mem.h"
#include "order.h"

enum { MOST_HELD = 8 << 20 };	/* bytes */

void
order_start(struct order *o, size_t window)
{
	*o = (struct order){.window = window};
	o->ring = mem_zero(window, sizeof(*o->ring));
}

bool
order_full(const struct order *o)
{
	return o->last - o->next >= o->window || o->held > MOST_HELD;
}

unsigned long
order_number(struct order *o)
{
	return o->last++;
}

void
order_put(struct order *o, unsigned long number, struct order_result *result)
{
	o->held += result->line.n;
	o->ring[number % o->window] = *result;
	o->ring[number % o->window].ready = true;
	*result = (struct order_result){0};
}

bool
order_next(struct order *o, struct order_result *result)
{
	struct order_result *first = &o->ring[o->next % o->window];

	if (!first->ready)
		return false;
	o->held -= first->line.n;
	o->next++;
	*result = *first;
	*first = (struct order_result){0};
	return true;
}

void
order_free(struct order *o)
{
	size_t i;

	for (i = 0; i < o->window; i++)
		buf_free(&o->ring[i].line);
	free(o->ring);
	*o = (struct order){0};
}
