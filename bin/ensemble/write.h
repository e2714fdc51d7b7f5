/*
 * write: the body that the ensemble gives: the service's chunks of its threads, the
 * standard chunks, or one completion. Only the bytes: when what comes is ensemble's, and
 * sending them is the tool's.
 */
#ifndef WRITE_H
#define WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "call.h"
#include "question.h"

/* A model's part, or main's. Zeroed but for key and model it has said nothing. */
struct thread {
	const char	*key, *model;	/* borrowed */
	/* write's own. */
	bool		 saying, thinking; /* a text-, a thinking-start stands before */
};

struct writer {
	struct buf	 out;		/* what was written; the caller takes it out */
	const struct question *q;	/* says what is wanted; borrowed */
	/* write's own. */
	bool		 begun;		/* the first standard chunk is there */
	char		 id[48];
	long long	 created;
};

/* A number that nobody chose. */
uint64_t write_chance(void);

/* Draws the answer's id; what is set stays as it is. */
void	write_start(struct writer *w);

/* Chunks of the run, which a writer without chunks leaves out, as it does all below. */
void	write_mode_call(struct writer *w, const char *const *keys, size_t n);
void	write_consensus(struct writer *w, const char *model);
void	write_mode_result(struct writer *w, const char *const *keys, size_t n);

/* Chunks of a thread. A text or a thinking gets its start by itself. */
void	write_thinking(struct writer *w, struct thread *t, const struct buf *text);
void	write_text(struct writer *w, struct thread *t, const struct buf *text);
/* What it says from here on takes the place of what it said. */
void	write_anew(struct thread *t);
/* A failure; wait_ms: it will be tried again after so long, and write_retry follows;
 * -1: it will not. */
void	write_error(struct writer *w, struct thread *t, const char *message,
	    long wait_ms);
void	write_retry(struct writer *w, struct thread *t);
void	write_done(struct writer *w, struct thread *t);
void	write_score(struct writer *w, struct thread *t, double confidence);

/* The standard chunks, of a stream: text, then the end. */
void	write_delta(struct writer *w, const struct buf *text);
void	write_end(struct writer *w, const char *finish, struct calls *usage);

/* Instead of a stream: the one completion. */
void	write_completion(struct writer *w, const struct buf *text,
	    const char *finish, struct calls *usage);

/* An error object, for a stream that has begun and will not end well. */
void	write_failure(struct writer *w, const char *message, int status);

/* A line that says nothing, so that no one between takes the stream for dead. */
void	write_comment(struct writer *w);

#endif
