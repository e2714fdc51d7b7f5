#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "rows.h"
#include "table.h"

/* A thread that is to be put in order. */
struct place {
	const struct watch_row	*thread;
	size_t			 leader;	/* the first that failed as it did, or itself */
	size_t			 at;		/* where it was given */
};

/* The order. */

/* What stands together, from the top on. */
static unsigned
group(const struct watch_row *thread)
{
	switch (thread->doing) {
	case DOING_WAITING:
	case DOING_RETRYING:
		return 1;
	case DOING_DONE:
		return 2;
	case DOING_FAILED:
		return 3;
	default:
		return 0;
	}
}

static int
in_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	unsigned gx = group(x->thread), gy = group(y->thread);

	if (gx != gy)
		return gx < gy ? -1 : 1;
	if (x->thread->is_main != y->thread->is_main)
		return x->thread->is_main ? -1 : 1;
	if (x->leader != y->leader)
		return x->leader < y->leader ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The first thread that failed with the same message: this one, where none has. */
static size_t
leader_of(struct table *failures, const struct watch_row *threads, size_t i)
{
	const struct buf *words = &threads[i].words, *other;
	uint64_t hash;
	size_t at = 0, *found;

	if (threads[i].doing != DOING_FAILED || threads[i].is_main)
		return i;
	hash = table_hash(words->p, words->n);
	while ((found = table_next(failures, hash, &at)) != NULL) {
		other = &threads[*found].words;
		if (buf_is(other, words->p, words->n))
			return *found;
	}
	table_add(failures, hash, i);
	return i;
}

static struct place *
put_in_order(const struct watch_row *threads, size_t n)
{
	struct place *places = mem_zero(n, sizeof(*places));
	struct table failures = {0};
	size_t i;

	for (i = 0; i < n; i++)
		places[i] = (struct place){&threads[i],
		    leader_of(&failures, threads, i), i};
	table_free(&failures);
	qsort(places, n, sizeof(*places), in_order);
	return places;
}

/* The lines that all would have, were there room. */
static void
make_lines(struct rows *r, const struct place *places, size_t n)
{
	size_t i;

	for (r->n = 0, i = 0; i < n; i++) {
		r->threads[i] = places[i].thread;
		if (i == 0 || places[i].leader != places[i - 1].leader)
			r->lines[r->n++] = (struct rows_line){&r->threads[i], 0};
		r->lines[r->n - 1].n++;
	}
}

/* What fits. */

/* How much a line is missed where it does not fit; 0 is the most. */
static unsigned
rank(const struct rows_line *line)
{
	if (line->threads[0]->is_main)
		return 0;
	switch (line->threads[0]->doing) {
	case DOING_FAILED:
	case DOING_RETRYING:
		return 1;
	case DOING_DONE:
		return 3;
	case DOING_WAITING:
		return 4;
	default:
		return 2;
	}
}

/* The rank up to which lines are shown, and how many of that rank, so that room are. */
static unsigned
last_rank(const struct rows *r, size_t room, size_t *of_last)
{
	unsigned last;
	size_t count, i;

	for (last = 0; room > 0; last++) {
		for (count = 0, i = 0; i < r->n; i++)
			count += rank(&r->lines[i]) == last;
		if (count >= room)
			break;
		room -= count;
	}
	*of_last = room;
	return last;
}

/* Keeps as many lines as there is room for, and counts the rest. */
static void
cut(struct rows *r, size_t room)
{
	size_t left, kept = 0, i;
	unsigned last = last_rank(r, room, &left), of;

	for (i = 0; i < r->n; i++) {
		of = rank(&r->lines[i]);
		if (of < last || (of == last && left > 0)) {
			left -= of == last;
			r->lines[kept++] = r->lines[i];
		} else {
			r->rest[r->lines[i].threads[0]->doing] += r->lines[i].n;
			r->nrest += r->lines[i].n;
		}
	}
	r->n = kept;
}

/* All together. */

static void
reserve(struct rows *r, size_t n)
{
	if (n <= r->cap)
		return;
	r->threads = mem_resize(r->threads, n, sizeof(*r->threads));
	r->lines = mem_resize(r->lines, n, sizeof(*r->lines));
	r->cap = n;
}

void
rows_choose(struct rows *r, const struct watch_row *threads, size_t n,
    size_t room)
{
	struct place *places = put_in_order(threads, n);

	reserve(r, n);
	memset(r->rest, 0, sizeof(r->rest));
	r->nrest = 0;
	make_lines(r, places, n);
	free(places);
	if (r->n > room)
		cut(r, room > 0 ? room - 1 : 0);
}

void
rows_free(struct rows *r)
{
	free(r->lines);
	free(r->threads);
	*r = (struct rows){0};
}
