/*
 * compose: a request made of what a command line gives: words, files, images,
 * earlier messages, settings. Not for the rules a request must keep (request)
 * nor for records (bulk). It belongs to a tool that makes requests: whatever is
 * wrong with what it is given ends the program with the status that it calls for.
 */
#ifndef COMPOSE_H
#define COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"
#include "merge.h"
#include "opt.h"

struct compose {
	/* What is asked for, set before compose_start; strings are borrowed. */
	const char		*system;	/* its text, "@FILE" or "@@text"; NULL: none */
	const char		*mode;		/* NULL: $SUPAI_MODEL, or auto */
	struct opt_words	 models;	/* ids and patterns, comma lists */
	struct opt_words	 history, files, images;
	struct opt_words	 words;		/* of the prompt */
	struct merge		 environment;	/* an object, built by the calls below */
	struct opt_words	 bodies;	/* JSON objects, or "@FILE" */
	bool			 chunks, usage, whole; /* whole: no stream */
	unsigned		 lax;		/* as request_check has it */
	bool			 bulk;		/* each request is made of a record */
	bool			 records;	/* standard input holds those */
	size_t			 max;		/* bytes of a file, and of a request */
	/* Made by compose_start; compose's own. */
	struct buf		 head, tail;	/* a request, JSON, around its last message */
	bool			 begun;		/* the head has messages */
	struct buf		 parts;		/* the images, JSON, a comma before each */
	struct buf		 body;		/* the bodies, merged: JSON, or empty */
	struct buf		 text;		/* what stands before the prompt: the files */
	struct buf		 before, after;	/* the words around the "-" */
	bool			 hole;		/* there is a "-", or neither words nor files */
};

void	compose_init(struct compose *c);

/* What -d, -l, -U and -E say about the environment. */
void	compose_date(struct compose *c, const char *date);
void	compose_location(struct compose *c, const char *address);
void	compose_user_name(struct compose *c, const char *name);
void	compose_environment(struct compose *c, const char *json);

/* Reads the files and makes all that each request has. Call it once. */
void	compose_start(struct compose *c);

/*
 * Appends a request, JSON: the prompt is the words with text (n bytes of UTF-8; NULL:
 * there is none) where the "-" stands, else at their end. False with why appended when
 * that leaves no prompt, or a "-" without a text.
 */
bool	compose_request(const struct compose *c, const char *text, size_t n,
	    struct buf *out, struct buf *why);

/* The same without a prompt, for messages to be laid over it. */
void	compose_base(const struct compose *c, struct buf *out);

/*
 * Appends the request, over (where it is an object) and the bodies laid over it deeply.
 * False with why appended where the API would not take it.
 */
bool	compose_finish(const struct compose *c, const struct buf *request,
	    struct json over, struct buf *out, struct buf *why);

/* All of it for a tool that makes one: reads standard input where asked for. */
void	compose_single(struct compose *c, struct buf *out);

/*
 * Writes a line, without its newline. False with why appended where it is too long for
 * the tools after this one.
 */
bool	compose_write(const struct compose *c, struct buf *line, struct buf *why);

void	compose_free(struct compose *c);

#endif
