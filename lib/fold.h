/*
 * fold: the state of answers as their chunks come: which chunk belongs to which
 * answer, the ensemble's threads, and whether an answer is whole. It keeps what
 * an answer is made of, never the stream. Not for the text of choices, which
 * passes through the tools, nor for building objects: that is completion's.
 *
 * Several answers may stand in one input, one behind the other or mixed. They
 * are told apart by id; without one, a new answer begins with a run-mode-call,
 * where a choice that has finished starts again, and behind an error that came
 * alone.
 */
#ifndef FOLD_H
#define FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "chunk.h"

/* A string of the stream, UTF-8 with a NUL behind it; owned. p is NULL for none. */
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
};

/* One model's part, or main's. */
struct fold_thread {
	struct fold_string key;
	bool		kept;		/* its text is; see struct fold's keep */
	struct fold_string model;
	struct buf	 text;		/* what follows the last text-start; UTF-8 */
	struct buf	 thinking;	/* only when it is asked for */
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
};

struct fold_choice {
	long			index;
	struct fold_string	finish;	/* none until it has finished */
};

struct fold_answer {
	struct fold_string	 id;
	bool			 completion;	/* it came as one object */
	bool			 answers;	/* and a choice of that says something */
	bool			 ensemble;	/* it has chunks of the ensemble */
	struct fold_choice	*choices;
	size_t			 nchoices;
	struct fold_thread	**threads;	/* in order of first appearance */
	size_t			 nthreads;
	struct fold_string	 mode;		/* of run-mode-call */
	struct fold_string	 consensus;	/* run-consensus's model */
	struct fold_list	 start, final;	/* model ids */
	bool			 started, ended; /* run-mode-call, -result came */
	struct fold_list	 other;		/* unknown types of chunk */
	struct buf		 usage;		/* the last usage object, JSON; empty: none */
	struct buf		 error;		/* an error's value, JSON; empty: none */
	void			*own;		/* the tool's; NULL at first */
	/* The rest is fold's own. */
	unsigned long		 first, last;	/* its first and last record's number */
	struct fold_thread	*recent;
	bool			 sealed;
};

/* Called for each answer when no more of it can come; it is freed after that. */
typedef void fold_closed(struct fold_answer *a, void *arg);

/* What becomes of thinking: its characters are counted; kept too; not looked at. */
enum fold_thinking { FOLD_COUNT, FOLD_KEEP, FOLD_SKIP };

struct fold {
	enum fold_thinking	  thinking;
	/* Whether a thread's text and thinking are worth keeping; NULL: all are. */
	bool			(*keep)(const struct fold_thread *t, void *arg);
	fold_closed		 *closed;
	void			 *arg;
	struct fold_answer	**open;		/* in order of their first record */
	size_t			  nopen;
	struct fold_answer	 *current;	/* the one that chunks without id belong to */
	unsigned long		  records;
};

/*
 * Takes in a chunk and returns the answer that it belongs to, borrowed until
 * that is closed; NULL where it belongs to none. Answers that are over when
 * this one begins are closed first, in the order of their ends.
 * CHUNK_RESULT is for the tool: it gives the completion inside.
 */
struct fold_answer *fold_add(struct fold *f, const struct chunk *c);

/* Closes what the last chunk made complete beyond doubt. Call it behind each. */
void	fold_settle(struct fold *f);

/*
 * Closes the answers that are over when another one begins; for an answer that
 * the tool takes in by itself.
 */
void	fold_close(struct fold *f);

/* The input is at its end: closes every answer, in the order of their ends. */
void	fold_finish(struct fold *f);

/*
 * Whether an answer is whole: a completion that does not say itself that it was
 * cut, or chunks whose every choice has a finish reason, or, where only chunks
 * of the ensemble came, main's done. An answer with an error is not.
 */
bool	fold_whole(const struct fold_answer *a);

/* The choice of that index; NULL where no chunk had one. */
const struct fold_choice *fold_choice(const struct fold_answer *a, long index);

/* The thread of that key, n bytes; and main's. NULL where there is none. */
struct fold_thread *fold_thread(const struct fold_answer *a, const char *key,
	    size_t n);
struct fold_thread *fold_main(const struct fold_answer *a);

/*
 * Sets *median to the median confidence of the final models that have a score.
 * False where none has one.
 */
bool	fold_confidence(const struct fold_answer *a, double *median);

#endif
