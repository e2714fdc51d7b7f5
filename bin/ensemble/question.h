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
#include "panel.h"

/* Slices are borrowed from the request's text. */
struct question {
	struct json	 value;		/* the request */
	struct json	 messages;
	struct json	 environment;	/* JSON_NONE: nothing in it */
	char		*mode;		/* owned */
	char		**models;	/* that it names; owned */
	size_t		 nmodels;
	bool		 stream, usage, chunks; /* what it wants to see */
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

/*
 * Appends the request to a model that its endpoint calls name: the question's
 * members, with also (NULL: nothing), and what the panel's line merges into it.
 */
void	question_put(const struct question *q, const struct panel_model *line,
	    const char *name, const struct question_also *also, struct buf *out);

/*
 * Appends the request to a judge: how likely is it that answer (UTF-8) is right? It has
 * no member of the question but its conversation, as data.
 */
void	question_judge(const struct question *q, const struct panel_model *line,
	    const char *name, const char *instructions, const struct buf *answer,
	    struct buf *out);

/* Replaces a request by the same without its member of that name, or two. */
void	question_without(struct buf *request, const char *name,
	    const char *other);

void	question_free(struct question *q);

#endif
