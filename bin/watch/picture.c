#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "picture.h"
#include "width.h"

/* How a window of that many columns is used. */
struct layout {
	size_t	columns;	/* all but the last */
	size_t	name;		/* the widest name */
	size_t	gap;		/* between what stands side by side */
	size_t	time;		/* the longest time; 0: none is told */
	size_t	bar;		/* a confidence's bar; 0: none */
	size_t	number;		/* its number; 0: none */
	bool	vendors;	/* names with the part up to the "/" */
};

enum { WIDE = 60, MIDDLE = 48, NARROW = 36, NARROWEST = 24 };

/* The columns that are left to "done 3.2k chars" beside a bar, and to more. */
enum { SHORT = 15, LONG = 26 };

/* The sequences for colours, by what a thread is doing; "": none. */
static const char *const colours[] = {
	[DOING_WAITING] = "\033[2m", [DOING_THINKING] = "",
	[DOING_SEARCHING] = "", [DOING_READING] = "", [DOING_WRITING] = "",
	[DOING_RETRYING] = "\033[33m", [DOING_FAILED] = "\033[31m",
	[DOING_DONE] = "\033[32m",
};
static const char bold[] = "\033[1m", plain[] = "\033[m";

/* Cells: text of a line, measured. */

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
put(const struct picture *p, struct screen_line *line, const struct buf *text,
    size_t max, const char *colour)
{
	bool coloured = p->colour && *colour != '\0';

	if (coloured)
		buf_adds(&line->text, colour);
	line->width += width_add(&line->text, text->p, text->n, max);
	if (coloured)
		buf_adds(&line->text, plain);
}

/* Rows. */

/* A row's name, without the vendor where there is no room for it. */
static struct buf
name_of(const struct layout *l, const struct watch_row *row)
{
	const char *slash = row->name.n > 0 && !l->vendors ?
	    memchr(row->name.p, '/', row->name.n) : NULL;
	struct buf name = row->name;

	if (slash != NULL && slash + 1 < name.p + name.n) {
		name.n -= (size_t)(slash + 1 - name.p);
		name.p += slash + 1 - row->name.p;
	}
	return name;
}

static size_t
widest(const struct layout *l, const struct watch_row *rows, size_t n)
{
	struct buf name;
	size_t max = 0, width, i;

	for (i = 0; i < n; i++) {
		name = name_of(l, &rows[i]);
		width = width_of(name.p, name.n);
		if (width > max)
			max = width;
	}
	return max;
}

/* The columns of the longest time; 0 where none is known. */
static size_t
longest(struct buf *cell, const struct watch_row *rows, size_t n)
{
	long long max = -1;
	size_t i;

	for (i = 0; i < n; i++)
		if (rows[i].ms > max)
			max = rows[i].ms;
	buf_clear(cell);
	if (max >= 0)
		watch_time(cell, max);
	return cell->n;
}

/* Names as short as that takes, in at most limit columns. */
static void
plan_names(struct layout *l, size_t limit, const struct watch_row *rows,
    size_t n)
{
	l->vendors = true;
	l->name = widest(l, rows, n);
	if (l->name <= limit)
		return;
	l->vendors = false;
	l->name = widest(l, rows, n);
	if (l->name > limit)
		l->name = limit;
}

/* Where a row's words begin. */
static size_t
words_from(const struct layout *l)
{
	return l->name + l->gap + (l->time > 0 ? l->time + l->gap : 0);
}

/* What stands at the right of a row's words, as its last columns. */
static size_t
score_width(const struct layout *l)
{
	return l->bar > 0 ? l->bar + 1 + l->number : l->number;
}

/* As long a bar as leaves the words enough. */
static void
plan_scores(struct layout *l)
{
	size_t used = words_from(l) + l->gap, left;

	if (l->columns < NARROWEST)
		return;
	l->number = 4;
	used += l->number + 1;
	left = l->columns > used ? l->columns - used : 0;
	if (left >= LONG + 10)
		l->bar = 10;
	else if (left >= SHORT + 4)
		l->bar = 4;
}

static void
plan(struct picture *p, struct layout *l, size_t columns,
    const struct watch_row *rows, size_t n)
{
	*l = (struct layout){.columns = columns > 1 ? columns - 1 : 1};
	l->gap = l->columns >= WIDE ? 2 : 1;
	if (l->columns >= NARROW)
		l->time = longest(&p->cell, rows, n);
	plan_names(l, l->columns >= MIDDLE ? l->columns * 2 / 5 :
	    l->columns / 3, rows, n);
	plan_scores(l);
}

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
put_score(struct picture *p, struct screen_line *line, const struct layout *l,
    double confidence)
{
	struct buf *cell = &p->cell;
	size_t width = score_width(l);

	buf_clear(cell);
	add_bar(cell, confidence, l->bar);
	if (l->bar > 0)
		buf_addc(cell, ' ');
	buf_printf(cell, "%.2f", confidence);
	pad(line, l->columns - width);
	put(p, line, cell, width, "");
}

/* A time in its column; one under a second is not told. */
static void
put_time(struct picture *p, struct screen_line *line, const struct layout *l,
    long long ms)
{
	struct buf *cell = &p->cell;

	buf_clear(cell);
	if (l->time == 0 || ms < 1000)
		return;
	watch_time(cell, ms);
	pad(line, l->name + l->gap + l->time - cell->n);
	put(p, line, cell, l->time, "");
}

static void
add_row(struct picture *p, const struct layout *l, const struct watch_row *row)
{
	struct screen_line *line = new_line(p);
	struct buf name = name_of(l, row);
	size_t score = 0, from = words_from(l);

	if (row->scored && l->number > 0)
		score = l->gap + score_width(l);
	put(p, line, &name, l->name, row->is_main ? bold : "");
	if (from + score >= l->columns)
		return;
	put_time(p, line, l, row->ms);
	pad(line, from);
	put(p, line, &row->words, l->columns - from - score,
	    colours[row->doing]);
	if (score > 0)
		put_score(p, line, l, row->confidence);
}

/* The names of threads that share a line. */
static void
add_names(struct buf *out, const struct layout *l, const struct rows_line *line)
{
	struct buf name;
	size_t i;

	for (i = 0; i < line->n; i++) {
		name = name_of(l, line->places[i].thread);
		buf_adds(out, i > 0 ? ", " : ": ");
		buf_add(out, name.p, name.n);
	}
}

/*
 * "3 failed: message: a, b, c": of a message that is too long the names leave
 * half of the line.
 */
static void
add_shared(struct picture *p, const struct layout *l,
    const struct rows_line *shared)
{
	const struct watch_row *row = shared->places->thread;
	struct screen_line *line = new_line(p);
	struct buf words = {0}, names = {0};
	size_t width;

	buf_printf(&words, "%zu ", shared->n);
	buf_add(&words, row->words.p, row->words.n);
	add_names(&names, l, shared);
	width = width_of(names.p, names.n);
	if (width > l->columns / 2)
		width = l->columns / 2;
	put(p, line, &words, l->columns - width, colours[row->doing]);
	put(p, line, &names, l->columns - line->width, colours[row->doing]);
	buf_free(&words);
	buf_free(&names);
}

/* "+3 more: 2 done, 1 waiting", by what they are doing. */
static void
add_rest(struct picture *p, const struct layout *l, const struct rows *r)
{
	static const struct {
		enum doing_what from, to;
		const char	*word;
	} words[] = {
		{DOING_THINKING, DOING_WRITING, "at work"},
		{DOING_RETRYING, DOING_RETRYING, "retrying"},
		{DOING_WAITING, DOING_WAITING, "waiting"},
		{DOING_DONE, DOING_DONE, "done"},
		{DOING_FAILED, DOING_FAILED, "failed"},
	};
	struct buf *cell = &p->cell;
	const char *between = ": ";
	size_t i, n;
	unsigned d;

	buf_clear(cell);
	buf_printf(cell, "+%zu more", r->nrest);
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		for (n = 0, d = words[i].from; d <= words[i].to; d++)
			n += r->rest[d];
		if (n == 0)
			continue;
		buf_printf(cell, "%s%zu %s", between, n, words[i].word);
		between = ", ";
	}
	put(p, new_line(p), cell, l->columns, "");
}

/* The lines of threads, and one for those that have none. */
static void
add_lines(struct picture *p, const struct layout *l, size_t room)
{
	const struct rows *r = &p->rows;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->lines[i].n == 1)
			add_row(p, l, r->lines[i].places->thread);
		else
			add_shared(p, l, &r->lines[i]);
	if (r->nrest > 0 && room > 0)
		add_rest(p, l, r);
}

/* Which of the totals fit side by side, the first of these first. */
static void
fit_totals(const struct layout *l, const struct buf *totals, bool *fits)
{
	static const int order[WATCH_TOTALS] = {
		WATCH_DONE, WATCH_ELAPSED, WATCH_MODE, WATCH_CHARS, WATCH_RATE,
	};
	size_t used = 0, width, i;

	for (i = 0; i < WATCH_TOTALS; i++) {
		width = width_of(totals[order[i]].p, totals[order[i]].n);
		fits[order[i]] = width > 0 &&
		    (used == 0 || used + 2 + width <= l->columns);
		if (fits[order[i]])
			used += (used > 0 ? 2 : 0) + width;
	}
}

/* The last line. */
static void
add_totals(struct picture *p, const struct layout *l, const struct buf *totals)
{
	struct screen_line *line = new_line(p);
	bool fits[WATCH_TOTALS];
	size_t i;

	fit_totals(l, totals, fits);
	for (i = 0; i < WATCH_TOTALS; i++) {
		if (!fits[i])
			continue;
		if (line->width > 0)
			pad(line, line->width + 2);
		put(p, line, &totals[i], l->columns - line->width,
		    i == WATCH_MODE ? bold : "");
	}
}

void
picture_make(struct picture *p, struct watch *w, size_t columns, size_t rows)
{
	size_t n, room = rows > 2 ? rows - 2 : 0;
	const struct watch_row *threads = watch_rows(w, &n);
	struct layout l;

	p->n = 0;
	plan(p, &l, columns, threads, n);
	rows_choose(&p->rows, threads, n, room);
	add_lines(p, &l, room);
	add_totals(p, &l, watch_totals(w));
}

void
picture_free(struct picture *p)
{
	size_t i;

	for (i = 0; i < p->cap; i++)
		buf_free(&p->lines[i].text);
	free(p->lines);
	buf_free(&p->cell);
	rows_free(&p->rows);
	*p = (struct picture){0};
}
