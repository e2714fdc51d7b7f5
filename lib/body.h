/*
 * body: the body of an answer as the service writes it: the chunks of the ensemble's
 * threads, the standard chunks, or one completion. Only the bytes: when what comes, and
 * where it is sent, is its user's.
 */
#ifndef BODY_H
#define BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "emit.h"

/* A model's part, or main's. Zeroed but for key and model it has said nothing. */
struct body_thread {
	const char	*key, *model;	/* borrowed */
	/* body's own. */
	bool		 saying, thinking; /* a text-, a thinking-start stands before */
};

struct body {
	struct buf	 out;		/* what was written; the caller takes it out */
	bool		 chunks, usage;	/* whether these are wanted in a stream */
	bool		 logprobs;	/* choices have some: */
	struct buf	 tokens;	/* those of the next choice, JSON; empty: null */
	const char	*mode;		/* borrowed */
	/* body's own. */
	bool		 begun;		/* the first standard chunk is there */
	char		 id[48];
	long long	 created;
};

/* Sets the answer's id (copied, its first 47 bytes) and time; what is set else stays. */
void	body_start(struct body *b, const char *id);

/*
 * Begins a chunk of the run (t is NULL), or of a thread, whose model is left out of those
 * of its end; its further members are the caller's to emit, then body_end_chunk follows.
 * False, and nothing is written, where nobody wants chunks: so do all of those below.
 */
bool	body_chunk(struct body *b, struct emit *e, const char *type,
	    const struct body_thread *t, bool model);
void	body_end_chunk(struct emit *e);

/* Chunks of the run. */
void	body_mode_call(struct body *b, const char *const *keys, size_t n);
void	body_consensus(struct body *b, const char *model);
void	body_mode_result(struct body *b, const char *const *keys, size_t n);

/* Chunks of a thread: n bytes of UTF-8. A text or a thinking gets its start by itself. */
void	body_thinking(struct body *b, struct body_thread *t, const char *p, size_t n);
void	body_text(struct body *b, struct body_thread *t, const char *p, size_t n);
/* What it says from here on takes the place of what it said. */
void	body_anew(struct body_thread *t);
void	body_done(struct body *b, const struct body_thread *t);
void	body_score(struct body *b, const struct body_thread *t, double confidence);

/*
 * The standard chunks, of a stream: the role, which the first text brings where it was
 * not there, text, and the end. usage: a JSON object, written where it is wanted.
 */
void	body_role(struct body *b);
void	body_delta(struct body *b, const char *p, size_t n);
void	body_end(struct body *b, const char *finish, const char *usage);

/* Instead of a stream: the one completion, always with usage. */
void	body_completion(struct body *b, const char *p, size_t n,
	    const char *finish, const char *usage);

/* Frees what it holds. */
void	body_free(struct body *b);

#endif
