#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "feed.h"

/* The size of all files together, or -1 where one is no regular file. */
static double
size_of(char **files, int nfiles)
{
	struct stat st;
	double size = 0;
	int i, r;

	for (i = 0; i < nfiles; i++) {
		r = strcmp(files[i], "-") == 0 ? fstat(STDIN_FILENO, &st) :
		    stat(files[i], &st);
		if (r == -1 || !S_ISREG(st.st_mode))
			return -1;
		size += (double)st.st_size;
	}
	return size;
}

void
feed_start(struct feed *f, char **files, int nfiles, size_t max,
    struct tally *tally, unsigned also)
{
	f->tally = tally;
	f->also = also;
	f->bytes = size_of(files, nfiles);
	io_start(&f->in, files, nfiles, max);
}

/* The same request again gets an id of its own, the same in each run. */
static struct idset_entry *
number_repeat(struct feed *f, struct task *t)
{
	struct idset_entry *e = idset_get(&f->ids, t->id.p, t->id.n);
	size_t n = t->id.n;

	while (e->seen) {
		t->id.n = n;
		e = idset_get(&f->ids, t->id.p, n);
		buf_printf(&t->id, "-%lu", (unsigned long)++e->request);
		e = idset_get(&f->ids, t->id.p, t->id.n);
	}
	return e;
}

static enum feed_got
take_task(struct feed *f, struct task *t)
{
	struct idset_entry *e = t->own_id ?
	    idset_get(&f->ids, t->id.p, t->id.n) : number_repeat(f, t);
	bool same = e->foreign || e->request == (uint32_t)t->request.a;

	if (e->seen) {
		task_refuse(t, "duplicate_id",
		    "another line before it has the custom_id '%s'",
		    buf_string(&t->id));
		return FEED_BAD;
	}
	e->seen = true;
	e->request = 1;
	if (e->done && same) {
		f->tally->skipped++;
		tally_flawed(f->tally, e->flaw);
		return FEED_SKIP;
	}
	if (e->done && f->changed++ == 0)
		buf_add(&f->first_changed, t->id.p, t->id.n);
	return FEED_TASK;
}

static enum feed_got
take_line(struct feed *f, struct task *t)
{
	const char *p;
	size_t n;

	switch (io_line(&f->in, &p, &n)) {
	case IO_END:
		f->past += (double)f->in.passed;
		f->open = false;
		return FEED_SKIP;
	case IO_LONG:
		f->lines++;
		task_refuse(t, "line_too_long", "longer than %zu bytes"
		    " (--max-record)", f->in.max);
		buf_clear(&t->id);
		t->request = hash_of(p, n);
		return FEED_BAD;
	default:
		if (io_blank(p, n))
			return FEED_SKIP;
		f->lines++;
		return task_read(t, p, n, f->also) ? take_task(f, t) : FEED_BAD;
	}
}

/* How many lines there are in all, roughly before the end. */
static double
guess_all(const struct feed *f)
{
	double passed = f->past + (f->open ? (double)f->in.passed : 0);

	if (f->ended)
		return (double)f->lines;
	return f->bytes > 0 && passed > 0 ?
	    (double)f->lines * f->bytes / passed : -1;
}

enum feed_got
feed_next(struct feed *f, struct task *t)
{
	enum feed_got got = FEED_END;

	if (!f->open) {
		f->open = !f->ended && io_next(&f->in);
		f->ended = !f->open;
	}
	if (!f->ended)
		got = io_line_ready(&f->in) ? take_line(f, t) : FEED_WAIT;
	f->tally->all = guess_all(f);
	f->tally->exact = f->ended;
	return got;
}

void
feed_stop(struct feed *f)
{
	io_stop(&f->in);
	buf_free(&f->first_changed);
	idset_free(&f->ids);
}
