/*
 * result: a line of a batch's output as OpenAI has it, built and read:
 * {"id", "custom_id", "response": {"status_code", "request_id", "body"}, "error"}.
 * Not for where lines are kept: that is store's.
 *
 * The id is "batch_req_" and 32 hexadecimal digits, the first half of the
 * request's hash, the other of the custom_id's. So a request that was edited is
 * told from the one that was answered.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "hash.h"
#include "json.h"
#include "task.h"

/* What each line that is built here begins with. */
#define RESULT_START "{\"id\":\"batch_req_"

struct result {
	const struct task *task;
	long		 status;	/* HTTP's; 0: there was no response */
	const struct buf *request_id;	/* the server's; NULL or empty: none */
	struct json	 body;		/* the response's; none: null */
	/* Of a failure; code is NULL where it is none. */
	const char	*code;		/* one word */
	const char	*message;
	unsigned long	 line;		/* of the input that is at fault; 0: none is */
};

/* Appends the line, with its newline. */
void	result_add(const struct result *r, struct buf *out);

/* What is read of a line. */
struct result_line {
	struct buf	 id;		/* the custom_id's text */
	bool		 success;
	bool		 hashed;	/* it was built here, */
	struct hash	 request;	/* for this request; only the half that ids have */
};

/* Reads a line; l's memory is reused. False when it is no result. */
bool	result_read(struct result_line *l, const char *line, size_t n);

#endif
