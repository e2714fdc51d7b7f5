/*
 * watch: what an ensemble is doing, as lines of text: thread by thread, and all
 * together. State and words alone; how they fit a terminal is picture's, how
 * they get there is screen's.
 *
 * Where several answers come, the one that began last is told of. All text is
 * harmless to a terminal: it has passed term_line.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "doing.h"

struct watch_opts {
	size_t	  max;		/* a longer record is not looked at, bytes */
	bool	  until_text;	/* stop at the first text of a final answer */
	/*
	 * The answer told of is over, or another one begins: the last moment at
	 * which it can be told of.
	 */
	void	(*over)(void *arg);
	/* What a thread does has changed: a line. NULL: not wanted. */
	void	(*say)(const char *line, size_t n, void *arg);
	void	 *arg;
};

struct watch;

/* The state for the options, which must outlive it; owned until watch_free. */
struct watch *watch_new(const struct watch_opts *opts);

/*
 * The time, for all that follows: ms since the tool has started, and seconds
 * since 1970, which retries are told against.
 */
void	watch_now(struct watch *w, long long ms, long long wall);

/*
 * What follows is a recording, or none: when it comes says nothing of when things
 * happened, and no such time is told.
 */
void	watch_recorded(struct watch *w, bool recorded);

/*
 * Takes in bytes of the stream as they come. What is no JSON, or no chunk, is
 * passed over. Returns n; or, with until_text, where a record with the first
 * text of a final answer was among them, how many of the bytes came before that
 * record, and looks at no more.
 */
size_t	watch_feed(struct watch *w, const char *p, size_t n);

/* The stream is at its end, also that of a last record without a newline. */
void	watch_end(struct watch *w);

void	watch_free(struct watch *w);

/* Whether there is an answer to tell of, and whether it is whole. */
bool	watch_any(const struct watch *w);
bool	watch_whole(const struct watch *w);

/* Whether what can be told has changed since this was asked last. */
bool	watch_news(struct watch *w);

/* A thread, or a model that is to start. */
struct watch_row {
	struct buf		name;		/* its key */
	struct buf		words;		/* what it is doing */
	enum doing_what		doing;
	bool			is_main, scored;
	double			confidence;	/* where scored, from 0 to 1 */
	long long		ms;		/* how long it took, so far; -1: nobody knows */
};

/*
 * The threads of the answer: the models that are to start, in their order, then
 * the others as they came. Borrowed until the next call.
 */
const struct watch_row *watch_rows(struct watch *w, size_t *n);

/* All together; some may be empty. */
enum {
	WATCH_MODE, WATCH_ELAPSED,
	WATCH_DONE,		/* how many models are, how sure half of them are */
	WATCH_CHARS, WATCH_RATE, WATCH_TOTALS,
};

/* WATCH_TOTALS texts, borrowed until the next call. */
const struct buf *watch_totals(struct watch *w);

/* Appends a time in milliseconds as minutes and seconds: 2:05. */
void	watch_time(struct buf *out, long long ms);

#endif
