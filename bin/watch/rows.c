#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "rows.h"
#include "table.h"

/*
 * By what a thread does: its place from the top on, and how much its line is missed
 * where it does not fit; 0 is the most, and main's own.
 */
static const struct {
	unsigned char	group, rank;
} order[] = {
	[DOING_THINKING] = {0, 2}, [DOING_SEARCHING] = {0, 2},
	[DOING_READING] = {0, 2}, [DOING_WRITING] = {0, 2},
	[DOING_WAITING] = {1, 4}, [DOING_RETRYING] = {1, 1},
	[DOING_DONE] = {2, 3}, [DOING_FAILED] = {3, 1},
};

static int
in_order(const void *a, const void *b)
{
	const struct rows_place *x = a, *y = b;
	int group = order[x->thread->doing].group - order[y->thread->doing].group;

	if (group != 0)
		return group;
	if (x->thread->is_main != y->thread->is_main)
		return x->thread->is_main ? -1 : 1;
	if (x->leader != y->leader)
		return x->leader < y->leader ? -1 : 1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
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

/* The lines that all would have, were there room. */
static void
make_lines(struct rows *r, const struct watch_row *threads, size_t n)
{
	struct rows_place *places = r->places;
	struct table failures = {0};
	size_t i;

	for (i = 0; i < n; i++)
		places[i] = (struct rows_place){&threads[i],
		    leader_of(&failures, threads, i)};
	table_free(&failures);
	if (n > 0)
		qsort(places, n, sizeof(*places), in_order);
	for (r->n = 0, i = 0; i < n; i++) {
		if (i == 0 || places[i].leader != places[i - 1].leader)
			r->lines[r->n++] = (struct rows_line){&places[i], 0};
		r->lines[r->n - 1].n++;
	}
}

/* What fits. */

static unsigned
rank(const struct rows_line *line)
{
	const struct watch_row *thread = line->places->thread;

	return thread->is_main ? 0 : order[thread->doing].rank;
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
			r->rest[r->lines[i].places->thread->doing] += r->lines[i].n;
			r->nrest += r->lines[i].n;
		}
	}
	r->n = kept;
}

void
rows_choose(struct rows *r, const struct watch_row *threads, size_t n,
    size_t room)
{
	if (n > r->cap) {
		r->places = mem_resize(r->places, n, sizeof(*r->places));
		r->lines = mem_resize(r->lines, n, sizeof(*r->lines));
		r->cap = n;
	}
	memset(r->rest, 0, sizeof(r->rest));
	r->nrest = 0;
	make_lines(r, threads, n);
	if (r->n > room)
		cut(r, room > 0 ? room - 1 : 0);
}

void
rows_free(struct rows *r)
{
	free(r->lines);
	free(r->places);
	*r = (struct rows){0};
}
