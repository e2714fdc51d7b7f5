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
#include <stdint.h>

#include "buf.h"
#include "chunk.h"
#include "doing.h"
#include "events.h"
#include "fold.h"

/* A thread, or a model that is to start. */
struct watch_row {
	struct buf		name;		/* its key */
	struct buf		words;		/* what it is doing */
	enum doing_what		doing;
	bool			is_main, scored;
	double			confidence;	/* where scored, from 0 to 1 */
	long long		ms;		/* how long it took, so far; -1: nobody knows */
	size_t			at;		/* its number among the rows */
	/* Set by picture: */
	size_t			leader;		/* the first that failed as it did, or itself */
	bool			hidden;		/* it has no line */
};

/* All together; some may be empty. */
enum {
	WATCH_MODE, WATCH_ELAPSED,
	WATCH_DONE,		/* how many models are, how sure half of them are */
	WATCH_CHARS, WATCH_RATE, WATCH_TOTALS,
};

struct watch {
	/* Set by the caller, before watch_start: */
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

	/* Set by the caller, for all that follows: */
	long long ms;		/* the time since the tool has started */
	long long wall;		/* and since 1970, in seconds: retries are told against it */
	bool	  recorded;	/* when it comes says nothing of when things happened,
				   and no such time is told */

	bool	  told;		/* there is an answer to tell of */
	struct fold fold;	/* that answer */
	bool	  news;		/* what can be told has changed; the caller unsets it */

	/* The rest is watch's own. */
	struct events_reader	*reader;
	struct watch_view {			/* what is told of the answer */
		struct watch_part {		/* of a thread, beside what fold knows */
			struct doing	 doing;
			long long	 from, to; /* when it began, and was over, ms */
		}		*parts;		/* by the threads' numbers */
		size_t		 n, cap;
		uint32_t	 half;		/* of the choices' text, see json_join */
		size_t		 content;	/* characters of it */
		long long	 begun, last;	/* when its first and last record came, ms */
		long long	 asked;		/* when the models that start did */
	}			 view;
	struct buf		 held;		/* the beginning of a record */
	bool			 began;		/* some record of the file was read */
	bool			 some;		/* an answer has begun */
	bool			 stopped;	/* the final text has come */
	struct watch_row	*rows;
	size_t			 nrows, rows_cap;
	struct buf		 totals[WATCH_TOTALS];
	struct buf		 line, text;	/* reused */
};

/* Starts; what the caller sets is set, the rest zero. */
void	watch_start(struct watch *w);

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

/*
 * The threads of the answer: the models that are to start, in their order, then
 * the others as they came. Borrowed until the next call; they may be sorted.
 */
struct watch_row *watch_rows(struct watch *w, size_t *n);

/* All together: WATCH_TOTALS texts, borrowed until the next call. */
const struct buf *watch_totals(struct watch *w);

/* Appends a time in milliseconds as minutes and seconds: 2:05. */
void	watch_time(struct buf *out, long long ms);

#endif
