/*
 * task: reads and checks a line of a batch's input: what it asks, and under which
 * id. A line is a request, or a line of a batch file as OpenAI has it
 * ({"custom_id", "method", "url", "body"}). What is done with a task is batch's.
 */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "hash.h"

struct task {
	struct buf	 id;		/* the custom_id's text; empty: there is none */
	bool		 own_id;	/* the line has it; else it is made of the hash */
	struct buf	 body;		/* the request as it is sent */
	struct hash	 request;	/* of its JSON value, members sorted */
	/* Where the line is no task; NULL otherwise. */
	const char	*code;		/* one word; a constant */
	struct buf	 why;		/* one sentence */
};

/*
 * Reads a line of n bytes; t's memory is used again (zero t the first time). The
 * request is made to stream and to say its usage; also is request_check's. False where
 * the line is no task: code and why say so, and id, where the line has one.
 */
bool	task_read(struct task *t, const char *line, size_t n, unsigned also);

/*
 * Takes stream_options off the request, for a service that refuses them; its hash stays.
 * False where it has none.
 */
bool	task_ask_less(struct task *t);

/* Refuses a line, for which t is then no task. False, for the caller to pass on. */
bool	task_refuse(struct task *t, const char *code, const char *fmt, ...)
	BUF_PRINTF(3, 4);

void	task_free(struct task *t);

#endif
