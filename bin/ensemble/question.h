/*
 * question: the request that the ensemble gets, what it asks for, and the requests
 * that are made of it: for the models, for main, for a judge. All of them are
 * slices of the one text put together anew, numbers and all as they were written.
 */
#ifndef QUESTION_H
#define QUESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"

struct target;

/* Slices are borrowed from the request's text. */
struct question {
	struct json	 value;		/* the request */
	struct json	 messages;
	struct json	 environment;	/* JSON_NONE: nothing in it */
	char		*mode;		/* owned */
	char		**models;	/* that it names; owned */
	size_t		 nmodels;
	bool		 stream, usage, chunks; /* what it wants to see */
	/* question's own. */
	struct json	 rest;		/* what goes to each model as it is, */
	struct buf	 text;		/* in this text */
};

/*
 * Reads a request of n bytes of JSON, an object (borrowed). False, with why appended,
 * where it is none that an ensemble can answer.
 */
bool	question_read(struct question *q, const char *text, size_t n,
	    struct buf *why);

/* What a request to a model has beside the question; either may be empty. */
struct question_also {
	const char	*instructions;	/* appended to the system message; or NULL */
	struct buf	 data;		/* appended to the last user message */
};

/* The texts that main and, in a further round, a model is told, built in. */
extern const char question_instructions[], question_revise[];

/*
 * Appends the request to a model: the question's members, with also, and what the
 * panel's line merges into it.
 */
void	question_put(const struct question *q, const struct target *t,
	    const struct question_also *also, struct buf *out);

/*
 * Appends the request to a judge: how likely is it that answer (UTF-8) is right? It has
 * no member of the question but its conversation, as data.
 */
void	question_judge(const struct question *q, const struct target *t,
	    const struct buf *answer, struct buf *out);

/* Replaces a JSON text by what the patch makes of it (RFC 7396): null takes a member off. */
void	question_patch(struct buf *text, const char *patch);

void	question_free(struct question *q);

#endif
