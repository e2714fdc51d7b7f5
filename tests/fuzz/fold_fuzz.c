/*
 * Any records, folded: objects come out that are JSON, no more of them than went in,
 * wherever the input is cut; and an input that grows takes no more than its share of
 * time, whatever in it is new each time.
 *
 * An input is lines of events. Where a '%' stands in it, it is taken many times, with
 * a number in that place.
 */
#include <time.h>

#include "chunk.h"
#include "completion.h"
#include "diag.h"
#include "events.h"
#include "fold.h"
#include "fuzz.h"
#include "verdict.h"

/* Of an answer, what is there without anything in it; and how much a byte may become. */
enum { BARE = 1024, EACH = 8 };

enum { FEW = 1000, MANY = 8 * FEW, LONGEST = 400 };

/* Growth takes a hundred times as long as the rest: the first inputs are tried, then some. */
enum { FIRST = 100, ONE_OF = 32 };

struct state {
	struct fold		 fold;
	struct completion	 completion;
	struct buf		 out, why;
	size_t			 answers;
};

static void
finish(struct state *s)
{
	struct verdict_ask ask = {.choice = VERDICT_ALL, .what = "text"};
	struct json_fault fault;
	size_t before = s->out.n;
	struct json v;
	int status;

	if (!s->fold.open)
		return;
	s->answers++;
	ask.whole = fold_whole(&s->fold);
	ask.any = fold_said(&s->fold) != 0;
	buf_clear(&s->why);
	status = verdict_of(&s->fold, &ask, &s->why);
	FUZZ_NEED((status == 0) == (s->why.n == 0));
	FUZZ_NEED(status != 0 || ask.whole);
	completion_write(&s->completion, &s->fold, NULL, &s->out);
	FUZZ_NEED(json_parse(s->out.p + before, s->out.n - before, &v, &fault));
	completion_clear(&s->completion);
	fold_clear(&s->fold);
}

static void
add(struct state *s, const struct chunk *c)
{
	if (fold_begins(&s->fold, c))
		finish(s);
	if (fold_add(&s->fold, c))
		completion_add(&s->completion, &s->fold, c);
	if (fold_sealed(&s->fold))
		finish(s);
}

/* Folds lines up to one that is no JSON; each in memory of its own. */
static void
fold(struct state *s, const char *p, size_t n)
{
	struct events_reader *reader = events_reader();
	struct json_fault fault;
	const struct chunk *c;
	const char *line;
	size_t length;
	char *copy;

	while (fuzz_line(&p, &n, &line, &length)) {
		if (length == 0) {
			if (!s->fold.one)
				finish(s);
			continue;
		}
		copy = fuzz_copy(line, length);
		c = events_read(reader, copy, length, &fault);
		if (c != NULL)
			add(s, c);
		free(copy);
		if (c == NULL)
			break;
	}
	finish(s);
	events_free_reader(reader);
}

static size_t
fold_all(const char *p, size_t n, bool one)
{
	struct state s = {.fold = {.one = one, .keep = FOLD_OBJECT | FOLD_THINKING}};
	size_t answers;

	fold(&s, p, n);
	FUZZ_NEED(s.out.n <= EACH * n + BARE * s.answers);
	FUZZ_NEED(!one || s.answers <= 1);
	answers = s.answers;
	fold_clear(&s.fold);
	completion_clear(&s.completion);
	buf_free(&s.out);
	buf_free(&s.why);
	return answers;
}

/* The input so many times, a number for each '%'. */
static void
repeat(struct buf *out, const char *p, size_t n, unsigned times)
{
	unsigned i;
	size_t at;

	for (i = 0; i < times; i++) {
		for (at = 0; at < n; at++) {
			if (p[at] == '%')
				buf_printf(out, "%u", i);
			else
				buf_addc(out, p[at]);
		}
		buf_addc(out, '\n');
	}
}

/* The processor's seconds for it. */
static double
time_of(const char *p, size_t n, unsigned times)
{
	struct buf all = {0};
	clock_t start;

	repeat(&all, p, n, times);
	start = clock();
	(void)fold_all(all.p, all.n, true);
	buf_free(&all);
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Eight times as many take about eight times as long; a try may be disturbed. */
static void
check_growth(const char *p, size_t n)
{
	double few, many = 0;
	int i;

	for (i = 0; i < 3; i++) {
		few = time_of(p, n, FEW);
		many = time_of(p, n, MANY);
		if (many < 0.2 || many < 24 * few)
			return;
	}
	(void)fprintf(stderr, "%d times: %g s, %d times: %g s\n", FEW, few, MANY, many);
	FUZZ_NEED(many < 0.2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static unsigned growing;
	const char *p = (const char *)data;
	size_t whole = fold_all(p, n, false);

	(void)fold_all(p, n, true);
	if (n > 1)	/* cut anywhere: where depends on the input itself */
		FUZZ_NEED(fold_all(p, data[n / 2] * n / 256, false) <= whole + 1);
	if (n == 0 || n > LONGEST || memchr(p, '%', n) == NULL)
		return 0;
	if (growing++ < FIRST || growing % ONE_OF == 0)
		check_growth(p, n);
	return 0;
}
