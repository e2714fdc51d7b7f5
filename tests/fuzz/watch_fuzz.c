/*
 * Any events, watched: no line of the log and none of the picture holds what harms a
 * terminal, the picture fits the terminal, and what is told is the same however the
 * input is cut into pieces.
 *
 * An input is lines of events; its length says how wide and high the terminal is.
 */
#include "fuzz.h"
#include "picture.h"
#include "term.h"
#include "width.h"

enum { MOST_COLUMNS = 120, MOST_ROWS = 30 };

struct state {
	struct watch	 watch;
	struct picture	 picture;
	size_t		 columns, rows;
	struct buf	 told;		/* all of it */
};

/* A line is told: it has passed the filter. */
static void
take(struct state *s, const char *line, size_t n)
{
	struct buf safe = {0};

	term_line(&safe, line, n);
	FUZZ_NEED(safe.n == n && (n == 0 || memcmp(safe.p, line, n) == 0));
	buf_add(&s->told, line, n);
	buf_addc(&s->told, '\n');
	buf_free(&safe);
}

static void
say(const char *line, size_t n, void *arg)
{
	take(arg, line, n);
}

static void
draw(void *arg)
{
	struct state *s = arg;
	const struct screen_line *line;
	size_t i;

	picture_make(&s->picture, &s->watch, s->columns, s->rows);
	FUZZ_NEED(s->picture.n < s->rows || s->rows == 1);
	for (i = 0; i < s->picture.n; i++) {
		line = &s->picture.lines[i];
		FUZZ_NEED(line->width < s->columns || s->columns == 1);
		FUZZ_NEED(width_of(line->text.p, line->text.n) == line->width);
		take(s, line->text.p, line->text.n);
	}
}

/* Sets told to what is told of the n bytes, which come in pieces of a size. */
static void
watch(struct buf *told, const char *p, size_t n, size_t piece)
{
	struct state s = {
		.watch = {.max = 1 << 12, .over = draw, .say = say},
		.columns = 1 + n % MOST_COLUMNS, .rows = 1 + n / 7 % MOST_ROWS,
	};
	char *copy;
	size_t k;

	s.watch.arg = &s;
	watch_start(&s.watch);
	for (; n > 0; p += k, n -= k) {
		k = n < piece ? n : piece;
		copy = fuzz_copy(p, k);
		FUZZ_NEED(watch_feed(&s.watch, copy, k) == k);
		free(copy);
	}
	watch_end(&s.watch);
	draw(&s);
	watch_free(&s.watch);
	picture_free(&s.picture);
	*told = s.told;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool started;
	struct buf whole = {0}, pieces = {0};
	const char *p = (const char *)data;

	if (!started)
		width_init();
	started = true;
	watch(&whole, p, n, n);
	watch(&pieces, p, n, n > 0 ? 1 + data[n / 2] % 64 : 1);
	FUZZ_NEED(whole.n == pieces.n &&
	    (whole.n == 0 || memcmp(whole.p, pieces.p, whole.n) == 0));
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
