#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "picture.h"
#include "width.h"

enum { WIDE = 60, MIDDLE = 48, NARROW = 36, NARROWEST = 24 };

/* The columns that are left to "done 3.2k chars" beside a bar, and to more. */
enum { SHORT = 15, LONG = 26 };

enum { NUMBER = 4 };		/* the columns of a confidence */

/* The sequences for colours, by what a thread is doing; "": none. */
static const char *const colours[] = {
	[DOING_WAITING] = "\033[2m", [DOING_THINKING] = "",
	[DOING_SEARCHING] = "", [DOING_READING] = "", [DOING_WRITING] = "",
	[DOING_RETRYING] = "\033[33m", [DOING_FAILED] = "\033[31m",
	[DOING_DONE] = "\033[32m",
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
	put(p, &row->words, end - l->words, colours[row->doing]);
	if (!scored)
		return;
	pad(line, l->columns - l->score);
	put_score(p, row->confidence);
}

/*
 * Threads that share a line, "3 failed: message: a, b, c": of a message that is too
 * long the names leave half of the line.
 */
static void
add_shared(struct picture *p, const struct rows_line *shared)
{
	const struct watch_row *row = shared->places->thread;
	struct screen_line *line = new_line(p);
	struct buf words = {0}, names = {0}, name;
	size_t width, i;

	buf_printf(&words, "%zu ", shared->n);
	buf_add(&words, row->words.p, row->words.n);
	for (i = 0; i < shared->n; i++) {
		name = name_of(p, shared->places[i].thread);
		buf_adds(&names, i > 0 ? ", " : ": ");
		buf_add(&names, name.p, name.n);
	}
	width = width_of(names.p, names.n);
	if (width > p->l.columns / 2)
		width = p->l.columns / 2;
	put(p, &words, p->l.columns - width, colours[row->doing]);
	put(p, &names, p->l.columns - line->width, colours[row->doing]);
	buf_free(&words);
	buf_free(&names);
}

/* "+3 more: 2 done, 1 waiting", by what they are doing. */
static void
add_rest(struct picture *p)
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
	const struct rows *r = &p->rows;
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
	new_line(p);
	put(p, cell, p->l.columns, "");
}

/* The last line: as many of the totals as fit side by side, the first of these first. */
static void
add_totals(struct picture *p, const struct buf *totals)
{
	static const int order[WATCH_TOTALS] = {
		WATCH_DONE, WATCH_ELAPSED, WATCH_MODE, WATCH_CHARS, WATCH_RATE,
	};
	struct screen_line *line = new_line(p);
	bool fits[WATCH_TOTALS];
	size_t used = 0, width, i;

	for (i = 0; i < WATCH_TOTALS; i++) {
		width = width_of(totals[order[i]].p, totals[order[i]].n);
		fits[order[i]] = width > 0 &&
		    (used == 0 || used + 2 + width <= p->l.columns);
		if (fits[order[i]])
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
	size_t n, room = rows > 2 ? rows - 2 : 0, i;
	const struct watch_row *threads = watch_rows(w, &n);
	const struct rows *r = &p->rows;

	p->n = 0;
	plan(p, columns, threads, n);
	rows_choose(&p->rows, threads, n, room);
	for (i = 0; i < r->n; i++)
		if (r->lines[i].n == 1)
			add_row(p, r->lines[i].places->thread);
		else
			add_shared(p, &r->lines[i]);
	if (r->nrest > 0 && room > 0)
		add_rest(p);
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
	rows_free(&p->rows);
	*p = (struct picture){0};
}
