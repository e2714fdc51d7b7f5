#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "picture.h"
#include "table.h"
#include "width.h"

enum { WIDE = 60, MIDDLE = 48, NARROW = 36, NARROWEST = 24 };

/* The columns that are left to "done 3.2k chars" beside a bar, and to more. */
enum { SHORT = 15, LONG = 26 };

enum { NUMBER = 4 };		/* the columns of a confidence */

/*
 * How it goes with a thread: the word, in a colour ("": none); its place from the top
 * on; how much its line is missed where it does not fit: 0 is the most, and main's own.
 */
enum { LAST_RANK = 4, STATES = 5 };
static const struct state {
	const char	*word, *colour;
	int		 group;
	unsigned	 rank;
} states[STATES] = {
	{"at work", "", 0, 2},
	{"retrying", "\033[33m", 1, 1},
	{"waiting", "\033[2m", 1, 4},
	{"done", "\033[32m", 2, 3},
	{"failed", "\033[31m", 3, 1},
};
static const unsigned char state_of[] = {	/* all others are at work */
	[DOING_RETRYING] = 1, [DOING_WAITING] = 2, [DOING_DONE] = 3,
	[DOING_FAILED] = 4,
};

static const char bold[] = "\033[1m", plain[] = "\033[m";

/* Cells: text of the last line, measured. */

static struct screen_line *
new_line(struct picture *p)
{
	struct screen_line *line;

	if (p->n == p->cap)
		p->lines = mem_more(p->lines, &p->cap, sizeof(*p->lines));
	line = &p->lines[p->n++];
	buf_clear(&line->text);
	line->width = 0;
	return line;
}

static void
pad(struct screen_line *line, size_t to)
{
	for (; line->width < to; line->width++)
		buf_addc(&line->text, ' ');
}

/* Appends a text cut to max columns, in a colour ("": none). */
static void
put(const struct picture *p, const struct buf *text, size_t max,
    const char *colour)
{
	struct screen_line *line = &p->lines[p->n - 1];
	bool coloured = p->colour && *colour != '\0';

	if (coloured)
		buf_adds(&line->text, colour);
	line->width += width_add(&line->text, text->p, text->n, max);
	if (coloured)
		buf_adds(&line->text, plain);
}

/* The layout. */

/* A row's name, without the vendor where there is no room for it. */
static struct buf
name_of(const struct picture *p, const struct watch_row *row)
{
	struct buf name = row->name;
	const char *slash = name.n > 0 && !p->l.vendors ?
	    memchr(name.p, '/', name.n) : NULL;

	if (slash != NULL && slash + 1 < name.p + name.n) {
		name.n -= (size_t)(slash + 1 - name.p);
		name.p += slash + 1 - row->name.p;
	}
	return name;
}

static size_t
widest(const struct picture *p, const struct watch_row *rows, size_t n)
{
	struct buf name;
	size_t max = 0, width, i;

	for (i = 0; i < n; i++) {
		name = name_of(p, &rows[i]);
		width = width_of(name.p, name.n);
		if (width > max)
			max = width;
	}
	return max;
}

/* Names as short as that takes, in at most limit columns. */
static void
plan_names(struct picture *p, size_t limit, const struct watch_row *rows,
    size_t n)
{
	p->l.vendors = true;
	p->l.name = widest(p, rows, n);
	if (p->l.name <= limit)
		return;
	p->l.vendors = false;
	p->l.name = widest(p, rows, n);
	if (p->l.name > limit)
		p->l.name = limit;
}

/* As many columns as the longest time takes, where one is known. */
static void
plan_times(struct picture *p, const struct watch_row *rows, size_t n)
{
	long long max = -1;
	size_t i;

	for (i = 0; i < n; i++)
		if (rows[i].ms > max)
			max = rows[i].ms;
	buf_clear(&p->cell);
	if (max >= 0)
		watch_time(&p->cell, max);
	p->l.time = p->cell.n;
}

static void
plan(struct picture *p, size_t columns, const struct watch_row *rows, size_t n)
{
	struct picture_layout *l = &p->l;
	size_t used;

	*l = (struct picture_layout){.columns = columns > 1 ? columns - 1 : 1};
	l->gap = l->columns >= WIDE ? 2 : 1;
	if (l->columns >= NARROW)
		plan_times(p, rows, n);
	plan_names(p, l->columns >= MIDDLE ? l->columns * 2 / 5 :
	    l->columns / 3, rows, n);
	l->words = l->name + l->gap + (l->time > 0 ? l->time + l->gap : 0);
	if (l->columns < NARROWEST)
		return;
	/* As long a bar as leaves the words enough. */
	used = l->words + l->gap + NUMBER + 1;
	if (l->columns >= used + LONG + 10)
		l->bar = 10;
	else if (l->columns >= used + SHORT + 4)
		l->bar = 4;
	l->score = (l->bar > 0 ? l->bar + 1 : 0) + NUMBER;
}

/* Which rows are shown, in which order, on which line. */

static const struct state *
state(const struct watch_row *row)
{
	return &states[state_of[row->doing]];
}

static unsigned
rank(const struct watch_row *row)
{
	return row->is_main ? 0 : state(row)->rank;
}

static int
in_order(const void *a, const void *b)
{
	const struct watch_row *x = a, *y = b;
	int group = state(x)->group - state(y)->group;

	if (group != 0)
		return group;
	if (x->is_main != y->is_main)
		return x->is_main ? -1 : 1;
	if (x->leader != y->leader)
		return x->leader < y->leader ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The first row that failed with the same message: this one, where none has. */
static size_t
leader_of(struct table *failures, const struct watch_row *rows, size_t i)
{
	const struct buf *words = &rows[i].words, *other;
	uint64_t hash;
	size_t at = 0, *found;

	if (rows[i].doing != DOING_FAILED || rows[i].is_main)
		return i;
	hash = table_hash(words->p, words->n);
	while ((found = table_next(failures, hash, &at)) != NULL) {
		other = &rows[*found].words;
		if (buf_is(other, words->p, words->n))
			return *found;
	}
	table_add(failures, hash, i);
	return i;
}

static bool
begins_line(const struct watch_row *rows, size_t i)
{
	return i == 0 || rows[i].leader != rows[i - 1].leader;
}

/* Puts the rows in order; returns how many lines they take. */
static size_t
arrange(struct watch_row *rows, size_t n)
{
	struct table failures = {0};
	size_t lines = 0, i;

	for (i = 0; i < n; i++)
		rows[i].leader = leader_of(&failures, rows, i);
	table_free(&failures);
	if (n > 0)
		qsort(rows, n, sizeof(*rows), in_order);
	for (i = 0; i < n; i++)
		lines += begins_line(rows, i);
	return lines;
}

/* Hides the rows of all lines but as many as there is room for. */
static void
hide(struct watch_row *rows, size_t n, size_t room)
{
	unsigned of;
	size_t i;

	for (of = 0; of <= LAST_RANK; of++)
		for (i = 0; i < n; i++) {
			if (rank(&rows[i]) != of)
				continue;
			rows[i].hidden = begins_line(rows, i) ? room == 0 :
			    rows[i - 1].hidden;
			if (begins_line(rows, i) && room > 0)
				room--;
		}
}

/* Rows. */

/* A confidence as a bar of that many columns: in eighths, or of "#" and "-". */
static void
add_bar(struct buf *out, double confidence, size_t columns)
{
	static const char *const eighths[] = {
		" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█",
	};
	size_t parts = width_is_utf8() ? 8 : 1, i, part;
	size_t full = (size_t)(confidence * (double)(columns * parts) + 0.5);

	for (i = 0; i < columns; i++) {
		part = full > i * parts ? full - i * parts : 0;
		if (part > parts)
			part = parts;
		if (parts == 8)
			buf_adds(out, eighths[part]);
		else
			buf_addc(out, part == 1 ? '#' : '-');
	}
}

static void
put_score(struct picture *p, double confidence)
{
	buf_clear(&p->cell);
	add_bar(&p->cell, confidence, p->l.bar);
	if (p->l.bar > 0)
		buf_addc(&p->cell, ' ');
	buf_printf(&p->cell, "%.2f", confidence);
	put(p, &p->cell, p->l.score, "");
}

static void
add_row(struct picture *p, const struct watch_row *row)
{
	const struct picture_layout *l = &p->l;
	struct screen_line *line = new_line(p);
	struct buf name = name_of(p, row);
	bool scored = row->scored && l->score > 0;
	size_t end = scored ? l->columns - l->gap - l->score : l->columns;

	put(p, &name, l->name, row->is_main ? bold : "");
	if (l->words >= end)
		return;
	if (l->time > 0 && row->ms >= 1000) {	/* one under a second is not told */
		buf_clear(&p->cell);
		watch_time(&p->cell, row->ms);
		pad(line, l->name + l->gap + l->time - p->cell.n);
		put(p, &p->cell, l->time, "");
	}
	pad(line, l->words);
	put(p, &row->words, end - l->words, state(row)->colour);
	if (!scored)
		return;
	pad(line, l->columns - l->score);
	put_score(p, row->confidence);
}

/*
 * n rows that share a line, "3 failed: message: a, b, c": of a message that is too
 * long the names leave half of the line.
 */
static void
add_shared(struct picture *p, const struct watch_row *row, size_t n)
{
	struct screen_line *line = new_line(p);
	struct buf words = {0}, names = {0}, name;
	size_t width, i;

	buf_printf(&words, "%zu ", n);
	buf_add(&words, row->words.p, row->words.n);
	for (i = 0; i < n; i++) {
		name = name_of(p, &row[i]);
		buf_adds(&names, i > 0 ? ", " : ": ");
		buf_add(&names, name.p, name.n);
	}
	width = width_of(names.p, names.n);
	if (width > p->l.columns / 2)
		width = p->l.columns / 2;
	put(p, &words, p->l.columns - width, state(row)->colour);
	put(p, &names, p->l.columns - line->width, state(row)->colour);
	buf_free(&words);
	buf_free(&names);
}

/* "+3 more: 2 done, 1 waiting": what the hidden rows are doing. */
static void
add_rest(struct picture *p, const struct watch_row *rows, size_t n)
{
	size_t counts[STATES] = {0}, all = 0, i;
	const char *between = ": ";

	for (i = 0; i < n; i++) {
		counts[state_of[rows[i].doing]] += rows[i].hidden;
		all += rows[i].hidden;
	}
	buf_clear(&p->cell);
	buf_printf(&p->cell, "+%zu more", all);
	for (i = 0; i < STATES; i++) {
		if (counts[i] == 0)
			continue;
		buf_printf(&p->cell, "%s%zu %s", between, counts[i], states[i].word);
		between = ", ";
	}
	new_line(p);
	put(p, &p->cell, p->l.columns, "");
}

/* The last line: as many of the totals as fit, those of the most worth first. */
static void
add_totals(struct picture *p, const struct buf *totals)
{
	static const int by_worth[WATCH_TOTALS] = {
		WATCH_DONE, WATCH_ELAPSED, WATCH_MODE, WATCH_CHARS, WATCH_RATE,
	};
	struct screen_line *line = new_line(p);
	bool fits[WATCH_TOTALS];
	size_t used = 0, width, i;

	for (i = 0; i < WATCH_TOTALS; i++) {
		width = width_of(totals[by_worth[i]].p, totals[by_worth[i]].n);
		fits[by_worth[i]] = width > 0 &&
		    (used == 0 || used + 2 + width <= p->l.columns);
		if (fits[by_worth[i]])
			used += (used > 0 ? 2 : 0) + width;
	}
	for (i = 0; i < WATCH_TOTALS; i++) {
		if (!fits[i])
			continue;
		if (line->width > 0)
			pad(line, line->width + 2);
		put(p, &totals[i], p->l.columns - line->width,
		    i == WATCH_MODE ? bold : "");
	}
}

void
picture_make(struct picture *p, struct watch *w, size_t columns, size_t rows)
{
	size_t room = rows > 2 ? rows - 2 : 0, n, lines, i, k;
	struct watch_row *row = watch_rows(w, &n);

	p->n = 0;
	plan(p, columns, row, n);
	lines = arrange(row, n);
	if (lines > room)
		hide(row, n, room > 0 ? room - 1 : 0);
	for (i = 0; i < n; i += k) {
		for (k = 1; i + k < n && !begins_line(row, i + k); k++)
			;
		if (!row[i].hidden && k == 1)
			add_row(p, &row[i]);
		else if (!row[i].hidden)
			add_shared(p, &row[i], k);
	}
	if (lines > room && room > 0)
		add_rest(p, row, n);
	add_totals(p, watch_totals(w));
}

void
picture_free(struct picture *p)
{
	size_t i;

	for (i = 0; i < p->cap; i++)
		buf_free(&p->lines[i].text);
	free(p->lines);
	buf_free(&p->cell);
	*p = (struct picture){0};
}
