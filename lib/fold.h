/*
 * fold: the state of one answer as its chunks come: where it begins, the ensemble's
 * threads, and whether it is whole. It keeps what an answer is made of, never the
 * stream. Not for the text of choices, which passes through the tools, nor for
 * building objects: that is completion's.
 *
 * Answers follow each other. The tool sees an empty line or the end of a file, which
 * end one; between those fold_begins tells by the records themselves:
 *
 *	if (fold_begins(&f, c))
 *		judge and print f's answer, then fold_clear(&f);
 *	fold_add(&f, c);
 *	if (fold_sealed(&f))
 *		the same
 */
#ifndef FOLD_H
#define FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "chunk.h"
#include "table.h"

/* What no answer needs more of; see struct fold's excess. */
enum { FOLD_CHOICES = 4096, FOLD_THREADS = 65536 };

enum { FOLD_TURNS = 16 };	/* threads that are found without a look at all */

/* A string of the stream, UTF-8 with a NUL after it; owned. p is NULL for none. */
struct fold_string {
	char	*p;
	size_t	 n;
};

/* A list of strings, each with a second one that may be none. */
struct fold_item {
	struct fold_string	text;
	struct fold_string	more;
	bool			more_is_null;	/* it was there, as null */
	unsigned long		count;		/* how often it came */
};
struct fold_list {
	struct fold_item	*items;
	size_t			 n;
	struct table		 names;		/* fold's own */
};

/* One model's part, or main's. */
struct fold_thread {
	struct fold_string key;
	size_t		 number;	/* which of the answer's threads, from 0 */
	struct fold_string model;
	struct buf	 text;		/* what follows the last text-start; UTF-8 */
	struct buf	 thinking;
	size_t		 thinking_chars; /* code points */
	bool		 done;
	bool		 scored;
	double		 confidence;	/* where scored */
	struct fold_string score;	/* the same as it was written */
	unsigned long	 retries;
	struct fold_list errors;	/* message, retryAt */
	struct fold_list searches;	/* query */
	struct fold_list fetched;	/* url */
	struct fold_list sources;	/* url, title */
	struct fold_list files;		/* id, content type */
	uint32_t	 half_text, half_thinking, half_counted; /* fold's own */
	bool		 escaped;	/* likewise: JSON writes the key otherwise */
};

struct fold_choice {
	long			index;
	struct fold_string	finish;	/* none until it has finished */
	unsigned		said;	/* so far: bits of enum chunk_voice */
	bool			in_deltas;	/* some of it in deltas */
	bool			roleless;	/* fold's own: and in one without a role */
};

/* What of the threads is worth keeping, as bits; where they are done is always kept. */
enum {
	FOLD_TEXTS = 1,
	FOLD_COUNTS = 2,	/* the characters of their thinking */
	FOLD_THINKING = 4,	/* itself */
	FOLD_WORK = 8,		/* what they searched, read and made */
	FOLD_OBJECT = FOLD_TEXTS | FOLD_COUNTS | FOLD_WORK, /* what completion asks for */
};

struct fold {
	/* The tool says, before the first chunk: */
	bool			 one;		/* all that comes is one answer */
	unsigned		 keep;		/* of the threads: bits */

	/* The answer. */
	bool			 open;		/* some of it has come */
	struct fold_string	 id;		/* the first one that is not empty */
	bool			 completion;	/* it came as one object */
	bool			 ensemble;	/* it has chunks of the ensemble */
	bool			 late;		/* a choice spoke after its finish reason */
	bool			 mixed;		/* its ids are of two answers */
	const char		*excess;	/* what it had too many of; NULL: nothing */
	bool			 torn;		/* the tool says: it ends in what was told */
	struct fold_choice	*choices;	/* in order of first appearance */
	size_t			 nchoices;
	struct fold_thread	**threads;	/* likewise */
	size_t			 nthreads;
	struct fold_thread	*recent;	/* the last chunk's; NULL: none */
	struct fold_string	 mode;		/* of run-mode-call */
	struct fold_string	 consensus;	/* run-consensus's model */
	struct fold_list	 start, final;	/* model ids */
	bool			 started, ended; /* run-mode-call, -result came */
	struct fold_list	 other;		/* unknown types of chunk */
	struct fold_list	 errors;	/* the answer's, each as JSON */
	struct buf		 usage;		/* the last usage object, JSON; empty: none */
	/* The rest is fold's own. */
	bool			 sealed;
	bool			 texts;		/* some text has come */
	struct fold_ids {
		struct fold_string last;	/* of a record that said something */
		bool		 differ, again;	/* not all are equal; one came twice */
		struct table	 seen;
	} ids;
	struct table		 by_index, by_key;
	size_t			 last_choice;
	struct fold_thread	*turns[FOLD_TURNS]; /* found lately */
};

/*
 * Whether a chunk begins another answer than the one that is open: see
 * supai-text(1), ANSWERS. Never where all is one answer.
 */
bool	fold_begins(const struct fold *f, const struct chunk *c);

/*
 * Takes a chunk into the answer. False where it is of none: nothing to us, or
 * usage alone where no answer is open. CHUNK_RESULT is for the tool, which gives
 * the completion inside.
 */
bool	fold_add(struct fold *f, const struct chunk *c);

/* Whether no more of the answer can come: it was, or ended with, a completion. */
bool	fold_sealed(const struct fold *f);

/* Forgets the answer, which is over; what the tool said stays. */
void	fold_clear(struct fold *f);

/*
 * Whether an answer is whole: a completion that does not say itself that it was
 * cut, or chunks whose every choice has a finish reason, or, where only chunks
 * of the ensemble came, main's done. One with an error, or whose ids are of two
 * answers, is not.
 */
bool	fold_whole(const struct fold *f);

/* What choices and main have said: bits of enum chunk_voice. */
unsigned fold_said(const struct fold *f);

/* The choice of that index; NULL where no chunk had one. */
struct fold_choice *fold_choice(const struct fold *f, long index);

/* Whether one of c's choices says again, as it came whole, what deltas have said. */
bool	fold_repeats(const struct fold *f, const struct chunk *c,
	    const struct chunk_choice *choice);

/* The thread of that key, n bytes; and main's. NULL where there is none. */
struct fold_thread *fold_thread(const struct fold *f, const char *key, size_t n);
struct fold_thread *fold_main(const struct fold *f);

/* Whether a thread's key is that text, or matches it as a shell pattern. */
bool	fold_matches(const struct fold_thread *t, const char *pattern);

/* The first thread whose key does; NULL where there is none. */
struct fold_thread *fold_match(const struct fold *f, const char *pattern);

/* Whether a list holds that string. */
bool	fold_holds(const struct fold_list *l, struct fold_string s);

/*
 * The median of n scores, at least one; of an even n the mean of the two in the
 * middle. Puts the scores in order.
 */
double	fold_median(double *scores, size_t n);

#endif
