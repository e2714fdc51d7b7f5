/*
 * task: a line of a batch's input: what is asked, and under which id. A line is
 * a request, or a line of a batch file as OpenAI has it ({"custom_id", "method",
 * "url", "body"}). Reads and checks; what is done with a task is batch's.
 */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "hash.h"

struct task {
	struct buf	 id;		/* the custom_id's text; empty where there is none */
	bool		 own_id;	/* the line gave it; else it was made of the hash */
	struct buf	 body;		/* the request as it is sent */
	struct hash	 request;	/* of its JSON value, members sorted */
	/* Where the line is no task; NULL otherwise. */
	const char	*code;		/* one word; a constant */
	struct buf	 why;		/* one sentence */
};

/*
 * Reads a line of n bytes; t's memory is reused (zero t the first time). The
 * request is made to stream and to say its usage. unlisted: as request_check
 * has it. False where it is no task: code and why say so, and id, where the line
 * has one.
 */
bool	task_read(struct task *t, const char *line, size_t n, bool unlisted);

/* Makes t the task that the given line is not, for a reason outside of it. */
void	task_refuse(struct task *t, const char *code, const char *fmt, ...)
	BUF_PRINTF(3, 4);

void	task_free(struct task *t);

#endif
