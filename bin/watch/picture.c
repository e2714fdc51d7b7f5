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
	size_t	bar;		/* a confidence's bar; 0: none */
	size_t	number;		/* its number; 0: none */
	bool	vendors;	/* names with the part up to the "/" */
};

enum { WIDE = 60, NARROW = 36, NARROWEST = 24 };

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

static void
plan(struct layout *l, size_t columns, const struct watch_row *rows, size_t n)
{
	size_t limit;

	*l = (struct layout){.columns = columns > 1 ? columns - 1 : 1, .gap = 1};
	if (l->columns >= WIDE) {
		l->gap = 2;
		l->bar = 10;
	} else if (l->columns >= NARROW) {
		l->bar = 4;
	}
	if (l->columns >= NARROWEST)
		l->number = 4;
	limit = l->columns * 2 / 5;
	l->vendors = true;
	l->name = widest(l, rows, n);
	if (l->name <= limit)
		return;
	l->vendors = false;
	l->name = widest(l, rows, n);
	if (l->name > limit)
		l->name = limit;
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
	size_t width = l->bar > 0 ? l->bar + 1 + l->number : l->number;

	buf_clear(cell);
	add_bar(cell, confidence, l->bar);
	if (l->bar > 0)
		buf_addc(cell, ' ');
	buf_printf(cell, "%.2f", confidence);
	pad(line, l->columns - width);
	put(p, line, cell, width, "");
}

static void
add_row(struct picture *p, const struct layout *l, const struct watch_row *row)
{
	struct screen_line *line = new_line(p);
	struct buf name = name_of(l, row);
	size_t score = 0, from = l->name + l->gap;

	if (row->scored && l->number > 0)
		score = l->number + l->gap + (l->bar > 0 ? l->bar + 1 : 0);
	put(p, line, &name, l->name, row->is_main ? bold : "");
	if (from + score >= l->columns)
		return;
	pad(line, from);
	put(p, line, &row->words, l->columns - from - score,
	    colours[row->doing]);
	if (score > 0)
		put_score(p, line, l, row->confidence);
}

/* Which rows. */

/* How much a row is missed where it does not fit; 0 is the most. */
static unsigned
rank(const struct watch_row *row)
{
	if (row->is_main)
		return 0;
	switch (row->doing) {
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

/* The rank up to which rows are shown, and how many of that rank, so that room are. */
static unsigned
last_rank(const struct watch_row *rows, size_t n, size_t room, size_t *of_last)
{
	unsigned r;
	size_t count, i;

	for (r = 0; room > 0; r++) {
		for (count = 0, i = 0; i < n; i++)
			count += rank(&rows[i]) == r;
		if (count >= room)
			break;
		room -= count;
	}
	*of_last = room;
	return r;
}

/* "+3 more: 2 done, 1 waiting", by what they are doing. */
static void
add_rest(struct picture *p, const struct layout *l, const size_t *count)
{
	static const struct {
		enum doing_what from, to;
		const char	*word;
	} words[] = {
		{DOING_THINKING, DOING_WRITING, "at work"},
		{DOING_RETRYING, DOING_RETRYING, "retrying"},
		{DOING_FAILED, DOING_FAILED, "failed"},
		{DOING_DONE, DOING_DONE, "done"},
		{DOING_WAITING, DOING_WAITING, "waiting"},
	};
	struct buf *cell = &p->cell;
	const char *between = ": ";
	size_t all = 0, i, n;
	unsigned d;

	for (d = DOING_WAITING; d <= DOING_DONE; d++)
		all += count[d];
	buf_clear(cell);
	buf_printf(cell, "+%zu more", all);
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		for (n = 0, d = words[i].from; d <= words[i].to; d++)
			n += count[d];
		if (n == 0)
			continue;
		buf_printf(cell, "%s%zu %s", between, n, words[i].word);
		between = ", ";
	}
	put(p, new_line(p), cell, l->columns, "");
}

static void
add_rows(struct picture *p, const struct layout *l,
    const struct watch_row *rows, size_t n, size_t room)
{
	size_t hidden[DOING_DONE + 1] = {0}, left, i;
	unsigned last, r;

	if (n <= room) {
		for (i = 0; i < n; i++)
			add_row(p, l, &rows[i]);
		return;
	}
	if (room == 0)
		return;
	last = last_rank(rows, n, room - 1, &left);
	for (i = 0; i < n; i++) {
		r = rank(&rows[i]);
		if (r < last || (r == last && left > 0)) {
			add_row(p, l, &rows[i]);
			left -= r == last;
		} else {
			hidden[rows[i].doing]++;
		}
	}
	add_rest(p, l, hidden);
}

/* The last line: as much of it as fits, the mode going last. */
static void
add_totals(struct picture *p, const struct layout *l, const struct buf *totals)
{
	struct screen_line *line = new_line(p);
	size_t i, width;

	for (i = 0; i < WATCH_TOTALS; i++) {
		width = width_of(totals[i].p, totals[i].n);
		if (width == 0)
			continue;
		if (line->width > 0 && line->width + 2 + width > l->columns)
			return;
		if (line->width > 0)
			pad(line, line->width + 2);
		put(p, line, &totals[i], l->columns - line->width,
		    i == WATCH_MODE ? bold : "");
	}
}

void
picture_make(struct picture *p, struct watch *w, size_t columns, size_t rows)
{
	const struct watch_row *threads;
	struct layout l;
	size_t n;

	p->n = 0;
	threads = watch_rows(w, &n);
	plan(&l, columns, threads, n);
	add_rows(p, &l, threads, n, rows > 2 ? rows - 2 : 0);
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
	*p = (struct picture){0};
}
