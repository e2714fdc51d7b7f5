#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "fold.h"
#include "mem.h"

static const double same = 1e-9;	/* sums that differ by less are equal */

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* White space collapsed, ASCII in lower case. */
static void
collapse(const char *p, size_t n, struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_space(p[i]))
			buf_addc(out, p[i] >= 'A' && p[i] <= 'Z' ?
			    p[i] - 'A' + 'a' : (unsigned char)p[i]);
		else if (i > 0 && !is_space(p[i - 1]))
			buf_addc(out, ' ');
	}
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

void
choose_plain(const char *p, size_t n, struct buf *out)
{
	static const char around[] = "*_`#\"' ", end[] = ".!?,;:";
	struct buf b = {0};
	const char *from, *to;

	buf_reserve(&b, 1);
	collapse(p, n, &b);
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

/* The group that each answer is in: the number of its first member. Owned. */
static size_t *
groups(const struct candidate *c, size_t n)
{
	struct buf *plain = mem_zero(n, sizeof(*plain));
	size_t *group = mem_zero(n, sizeof(*group)), i, j;

	for (i = 0; i < n; i++) {
		choose_plain(c[i].text->p, c[i].text->n, &plain[i]);
		for (j = 0; j < i; j++)
			if (buf_is(&plain[j], plain[i].p, plain[i].n))
				break;
		group[i] = j;
	}
	for (i = 0; i < n; i++)
		buf_free(&plain[i]);
	free(plain);
	return group;
}

bool
choose_equal(const struct candidate *c, size_t n)
{
	size_t *group = groups(c, n), i;

	for (i = 0; i < n && group[i] == 0; i++)
		;
	free(group);
	return i == n;
}

/* What an answer without a score weighs. */
static double
usual_weight(const struct candidate *c, size_t n)
{
	double *scores = mem_zero(n, sizeof(*scores)), median = 1;
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (c[i].scored)
			scores[k++] = c[i].confidence;
	if (k > 0)
		median = fold_median(scores, k);
	free(scores);
	return median;
}

/* The surest of the answers that are in a group; group NULL: of all. */
static size_t
surest(const struct candidate *c, size_t n, const size_t *group, size_t in)
{
	double usual = usual_weight(c, n), most = -1, weight;
	size_t best = 0, i;

	for (i = 0; i < n; i++) {
		weight = c[i].scored ? c[i].confidence : group == NULL ? -1 : usual;
		if ((group == NULL || group[i] == in) && weight > most + same) {
			most = weight;
			best = i;
		}
	}
	return best;
}

size_t
choose_vote(const struct candidate *c, size_t n)
{
	size_t *group = groups(c, n), *votes = mem_zero(n, sizeof(*votes));
	double *weight = mem_zero(n, sizeof(*weight)), usual = usual_weight(c, n);
	size_t best = 0, i;

	for (i = 0; i < n; i++) {
		weight[group[i]] += c[i].scored ? c[i].confidence : usual;
		votes[group[i]]++;
	}
	for (i = 1; i < n; i++)
		if (weight[i] > weight[best] + same ||
		    (fabs(weight[i] - weight[best]) <= same &&
		    votes[i] > votes[best]))
			best = i;
	best = surest(c, n, group, best);
	free(group);
	free(votes);
	free(weight);
	return best;
}

size_t
choose_best(const struct candidate *c, size_t n)
{
	size_t i;

	for (i = 0; i < n && !c[i].scored; i++)
		;
	return i < n ? surest(c, n, NULL, 0) : choose_vote(c, n);
}
