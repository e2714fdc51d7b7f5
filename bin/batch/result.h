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
#include "redact.h"
#include "task.h"

/* What each line that is built here begins with. */
#define RESULT_START "{\"id\":\"batch_req_"

enum result_kind {
	RESULT_ANSWER,	/* a response with the answer; error is null */
	RESULT_HTTP,	/* a response whose status is a failure; error is null */
	RESULT_EMPTY,	/* a response without anything in it, and an error */
	RESULT_ERROR,	/* an error alone; response is null */
};

struct result {
	enum result_kind kind;
	const struct task *task;
	long		 status;	/* HTTP's */
	const char	*request_id;	/* the server's; borrowed */
	size_t		 request_id_len;
	struct json	 body;		/* the response's, an object; with RESULT_ERROR
					   what there is of an answer, or none */
	const char	*flaw;		/* of an answer: why it is less than what was asked
					   for, as verdict_short has it; borrowed */
	/* Of a failure; borrowed. */
	const char	*code;		/* one word */
	const char	*message;	/* also where the line has no error */
	unsigned long	 line;		/* of the input that is at fault; 0: none is */
};

/* Appends the line, with its newline, the secrets that redact knows hidden. */
void	result_add(const struct result *r, const struct redact *redact,
	    struct buf *out);

/* What is read of a line. */
struct result_line {
	struct buf	 id;		/* the custom_id's text */
	bool		 success;
	bool		 hashed;	/* it was built here, */
	struct hash	 request;	/* for this request; only the half that ids have */
	struct buf	 flaw;		/* as a result's, of a success; empty: none */
};

/* Reads a line; l's memory is reused. False when it is no result. */
bool	result_read(struct result_line *l, const char *line, size_t n);

/* Frees what l holds. */
void	result_free(struct result_line *l);

#endif
