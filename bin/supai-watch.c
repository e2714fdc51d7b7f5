/*
 * supai-watch: copies events, and shows what the ensemble is doing meanwhile.
 * The copy comes first: nothing that is shown can change it or hold it up.
 */
#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "io.h"
#include "opt.h"
#include "picture.h"
#include "screen.h"
#include "watch.h"
#include "when.h"
#include "width.h"

enum { OPT_LOG = OPT_LONG, OPT_TO_END, OPT_MAX_RECORD };

enum {
	FRAME = 100,	/* ms between two frames, at least, */
	TICK = 1000,	/* and at most: the time goes on */
	LAST = 100,	/* ms that the terminal is given for the last one */
};

static const struct opt_def defs[] = {
	{OPT_LOG, "log", NULL, "plain lines, one for each change, on standard error"},
	{OPT_TO_END, "to-end", NULL, "the picture lasts to the answer's end"},
	{OPT_MAX_RECORD, "max-record", "SIZE", "longest line to look at (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[file ...]",
	.summary = "Copies events, and shows on a terminal what the ensemble is doing.",
	.defs = defs,
};

struct state {
	struct watch		 watch;
	bool			 looking;	/* else nothing is looked at */
	struct screen		 screen;
	struct picture		 picture;
	bool			 log;		/* lines, not pictures */
	bool			 mixed;		/* standard output is a terminal too */
	bool			 open_line;	/* and its last line has no end yet */
	bool			 any;		/* some byte came */
	bool			 ending;
	bool			 news;		/* something to draw */
	long long		 start, drawn;	/* when the last frame was, ms */
};

static long long
tell_time(struct state *s)
{
	long long now = when_now();

	s->watch.ms = now - s->start;
	s->watch.wall = time(NULL);
	return now;
}

/* Showing. */

static void
draw(struct state *s)
{
	size_t columns, rows;

	s->drawn = when_now();
	if (!s->watch.told || s->open_line)
		return;
	screen_size(&s->screen, &columns, &rows);
	picture_make(&s->picture, &s->watch, columns, rows);
	if (screen_draw(&s->screen, s->picture.lines, s->picture.n))
		s->news = false;
}

/* The last frame of an answer is worth a moment where others write there too. */
static void
draw_last(struct state *s)
{
	screen_wait(&s->screen, LAST);
	draw(s);
	screen_wait(&s->screen, LAST);
}

static void
say(const char *line, size_t n, void *arg)
{
	struct state *s = arg;
	struct buf shown = {0};

	if (!s->screen.terminal) {
		screen_say(&s->screen, line, n);
		return;
	}
	(void)width_add(&shown, line, n, SIZE_MAX);
	screen_say(&s->screen, shown.p, shown.n);
	buf_free(&shown);
}

/*
 * The picture of an answer that is over stays. Where the input ended before the
 * answer did, another tool has just said why, below: that is not drawn over.
 */
static void
over(void *arg)
{
	struct state *s = arg;

	if (s->log)
		return;
	if (!s->ending || fold_whole(&s->watch.fold) || !screen_stands(&s->screen))
		draw_last(s);
	screen_keep(&s->screen);
}

/* While nothing comes, the tools in front may have something to say. */
static void
note_waiting(struct state *s)
{
	struct buf text = {0};

	if (s->any || s->watch.ms < TICK)
		return;
	buf_adds(&text, "waiting  ");
	watch_time(&text, s->watch.ms);
	screen_note(&s->screen, text.p, text.n);
	buf_free(&text);
}

/* Shows what is due; called whenever something came, or time went by. */
static void
show(struct state *s)
{
	long long now = tell_time(s);

	if (s->log)
		return;
	(void)screen_push(&s->screen);
	if (screen_changed(&s->screen) || s->watch.news)
		s->news = true;
	s->watch.news = false;
	if (now - s->drawn < (s->news ? FRAME : TICK))
		return;
	s->drawn = now;
	if (s->watch.told)
		draw(s);
	else
		note_waiting(s);
}

/* Nothing is looked at or shown any more. */
static void
stop(struct state *s, bool wait)
{
	screen_close(&s->screen, wait);
	picture_free(&s->picture);
	watch_free(&s->watch);
	s->looking = false;
}

/* Copying. */

static void
put(struct state *s, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (s->mixed) {
		screen_erase(&s->screen);
		s->open_line = p[n - 1] != '\n';
		s->news = true;
	}
	io_write(p, n);
	io_flush();	/* the copy first, then what is shown */
}

/*
 * Passes bytes on. They are looked at before where the picture has to end with
 * them, else after.
 */
static void
pass(struct state *s, const char *p, size_t n)
{
	size_t before = n;
	long long now = tell_time(s);

	if (!s->any && !s->log)
		screen_note(&s->screen, "", 0);
	if (!s->any)
		s->drawn = now;
	s->any = true;
	if (s->watch.until_text)
		before = watch_feed(&s->watch, p, n);
	put(s, p, before);
	if (before < n) {
		if (!s->log)
			draw_last(s);
		stop(s, false);
		io_write(p + before, n - before);
		return;
	}
	if (!s->watch.until_text)
		(void)watch_feed(&s->watch, p, n);
	show(s);
}

/* Whether bytes have come; else time went by, or a signal came. */
static bool
wait_input(struct state *s, const struct io_in *in)
{
	struct pollfd p = {.fd = in->fd, .events = POLLIN};
	long long left = s->drawn + (s->news ? FRAME : TICK) - when_now();
	int n;

	io_flush();
	if (s->log)
		left = screen_push(&s->screen) ? -1 : FRAME;
	else if (left < 0)
		left = 0;
	n = poll(&p, 1, (int)left);
	return n > 0 || (n == -1 && errno != EINTR);
}

static void
copy(struct state *s, struct io_in *in)
{
	struct stat st;
	const char *p;
	size_t n;

	/* A file was written before: it does not wait for anything. */
	s->watch.recorded = fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode);
	for (;;) {
		if (s->looking && !wait_input(s, in)) {
			show(s);
			continue;
		}
		if (!io_bytes(in, &p, &n))
			return;
		if (s->looking)
			pass(s, p, n);
		else
			io_write(p, n);
	}
}

/* The end of a file: what is shown of it is finished. */
static void
end_file(struct state *s)
{
	if (!s->looking)
		return;
	(void)tell_time(s);
	s->ending = true;
	watch_end(&s->watch);
	s->ending = false;
}

/* Setting up. */

/* Whether what reads the copy may write to the terminal itself. */
static bool
is_shared(void)
{
	struct stat st;

	return isatty(STDOUT_FILENO) || (fstat(STDOUT_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)));
}

static void
start(struct state *s, bool log, bool to_end, size_t max)
{
	const char *no_colour = getenv("NO_COLOR");

	screen_open(&s->screen);
	if (!log && !s->screen.terminal)
		return;
	width_init();
	s->start = s->drawn = when_now();
	s->log = log || !s->screen.pictures;
	s->mixed = isatty(STDOUT_FILENO);
	s->picture.colour = no_colour == NULL || *no_colour == '\0';
	s->watch.max = max;
	s->watch.until_text = s->screen.terminal && !to_end && is_shared();
	s->watch.over = over;
	s->watch.say = s->log ? say : NULL;
	s->watch.arg = s;
	watch_start(&s->watch);
	s->looking = true;
}

int
main(int argc, char **argv)
{
	static struct state s;
	struct io_in in;
	size_t max = IO_MAX_RECORD;
	bool log = false, to_end = false;
	const char *arg;
	int key;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case OPT_LOG:
			log = true;
			break;
		case OPT_TO_END:
			to_end = true;
			break;
		case OPT_MAX_RECORD:
			max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
	start(&s, log, to_end, max);
	io_start(&in, argv + optind, argc - optind, max);
	io_confine(&in);
	while (io_next(&in)) {
		copy(&s, &in);
		end_file(&s);
	}
	io_stop(&in);
	if (s.looking) {
		if (!s.watch.until_text)
			io_close_output();	/* the screen may still take a while */
		stop(&s, !s.watch.until_text);
	}
	return io_status(&in, 0);
}
