#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "letters.h"
#include "mem.h"
#include "score.h"

/* SplitMix64 (Steele, Lea and Flood, 2014): one of its numbers after the other. */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

/* Fisher and Yates: each order is as likely as any other. */
static size_t *
shuffle(size_t n, uint64_t seed)
{
	size_t *order = mem_zero(n, sizeof(*order)), i, j, other;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		j = (size_t)(draw(&seed) % i);
		other = order[i - 1];
		order[i - 1] = order[j];
		order[j] = other;
	}
	return order;
}

/* A … Z, then AA, AB … as the columns of a spreadsheet. */
static void
put_letter(struct emit *e, size_t number)
{
	char name[16];
	size_t at = sizeof(name);

	for (number++; number > 0; number = (number - 1) / 26)
		name[--at] = (char)('A' + (number - 1) % 26);
	emit_text(e, name + at, sizeof(name) - at);
}

void
letters_put(const struct candidate *c, size_t n, uint64_t seed, struct emit *e)
{
	size_t *order = shuffle(n, seed), i;
	const struct candidate *one;

	emit_open(e, '[');
	for (i = 0; i < n; i++) {
		one = &c[order[i]];
		emit_open(e, '{');
		put_letter(emit_name(e, "answer"), i);
		emit_name(e, "confidence");
		if (one->scored)
			score_put(e, one->confidence);
		else
			emit_word(e, "null");
		emit_text(emit_name(e, "text"), one->text->p, one->text->n);
		emit_close(e, '}');
	}
	emit_close(e, ']');
	free(order);
}

uint64_t
letters_seed(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec ^
	    (uint64_t)getpid() << 16;
}
