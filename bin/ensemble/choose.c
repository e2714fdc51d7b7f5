#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "fold.h"
#include "mem.h"

static const double same = 1e-9;	/* sums that differ by less are equal */

/* White space collapsed, ASCII in lower case: no locale is set. */
static void
collapse(const char *p, size_t n, struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!isspace((unsigned char)p[i]))
			buf_addc(out, tolower((unsigned char)p[i]));
		else if (i > 0 && !isspace((unsigned char)p[i - 1]))
			buf_addc(out, ' ');
	}
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* What of a text counts when it is compared. */
static void
plain(const struct buf *text, struct buf *out)
{
	static const char around[] = "*_`#\"' ", end[] = ".!?,;:";
	struct buf b = {0};
	const char *from, *to;

	buf_reserve(&b, 1);
	collapse(text->p, text->n, &b);
	from = b.p;
	to = b.p + b.n;
	while (from < to && is_one_of(*from, around))
		from++;
	while (from < to && (is_one_of(to[-1], around) || is_one_of(to[-1], end)))
		to--;
	if (from < to)
		buf_add(out, from, (size_t)(to - from));
	else
		buf_add(out, b.p, b.n);
	buf_free(&b);
}

size_t
choose_from(struct member *members, size_t n, const struct member *but,
    struct member **list)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (members[i].answered && &members[i] != but)
			list[k++] = &members[i];
	return k;
}

/* The group that each answer is in: the number of its first member. Owned. */
static size_t *
groups(struct member *const *list, size_t n)
{
	struct buf *texts = mem_zero(n, sizeof(*texts));
	size_t *group = mem_zero(n, sizeof(*group)), i, j;

	for (i = 0; i < n; i++) {
		plain(&list[i]->text, &texts[i]);
		for (j = 0; j < i; j++)
			if (buf_is(&texts[j], texts[i].p, texts[i].n))
				break;
		group[i] = j;
	}
	for (i = 0; i < n; i++)
		buf_free(&texts[i]);
	free(texts);
	return group;
}

bool
choose_equal(struct member *const *list, size_t n)
{
	size_t *group = groups(list, n), i;

	for (i = 0; i < n && group[i] == 0; i++)
		;
	free(group);
	return i == n;
}

/* What an answer without a score weighs. */
static double
usual_weight(struct member *const *list, size_t n)
{
	double *scores = mem_zero(n, sizeof(*scores)), median = 1;
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (list[i]->scored)
			scores[k++] = list[i]->confidence;
	if (k > 0)
		median = fold_median(scores, k);
	free(scores);
	return median;
}

static double
weight_of(const struct member *m, double usual)
{
	return m->scored ? m->confidence : usual;
}

struct member *
choose_vote(struct member *const *list, size_t n)
{
	size_t *group = groups(list, n), *votes = mem_zero(n, sizeof(*votes));
	double *weight = mem_zero(n, sizeof(*weight)), usual = usual_weight(list, n);
	struct member *chosen;
	size_t best = 0, i;

	for (i = 0; i < n; i++) {
		weight[group[i]] += weight_of(list[i], usual);
		votes[group[i]]++;
	}
	for (i = 1; i < n; i++)
		if (weight[i] > weight[best] + same ||
		    (fabs(weight[i] - weight[best]) <= same &&
		    votes[i] > votes[best]))
			best = i;
	chosen = list[best];
	for (i = best; i < n; i++)
		if (group[i] == best &&
		    weight_of(list[i], usual) > weight_of(chosen, usual) + same)
			chosen = list[i];
	free(group);
	free(votes);
	free(weight);
	return chosen;
}

struct member *
choose_best(struct member *const *list, size_t n)
{
	struct member *best = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i]->scored && (best == NULL ||
		    list[i]->confidence > best->confidence + same))
			best = list[i];
	return best != NULL ? best : choose_vote(list, n);
}

/* How they are shown. */

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
choose_put(struct member *const *list, size_t n, uint64_t seed, struct emit *e)
{
	size_t *order = shuffle(n, seed), i;
	const struct member *m;

	emit_open(e, '[');
	for (i = 0; i < n; i++) {
		m = list[order[i]];
		emit_open(e, '{');
		put_letter(emit_name(e, "answer"), i);
		emit_name(e, "confidence");
		if (m->scored)
			emit_real(e, m->confidence);
		else
			emit_word(e, "null");
		emit_text(emit_name(e, "text"), m->text.p, m->text.n);
		emit_close(e, '}');
	}
	emit_close(e, ']');
	free(order);
}
