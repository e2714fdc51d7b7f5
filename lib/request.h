/*
 * request: a request of POST /chat/completions and the rules it must keep, as
 * the API's page gives them. supai-req builds by it, supai-mock and supai-batch
 * check by it.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

#include <jv.h>

#include "buf.h"

/* What is wrong with a request, in the terms of the API's error object. */
struct request_fault {
	struct buf	 message;	/* one sentence; owned by the caller */
	const char	*param;		/* the member at fault ("messages"); a constant */
	const char	*code;		/* "invalid_value", "model_not_found" …; a constant */
};

/*
 * Whether the API would take this request (kept, not consumed): a non-empty
 * array of messages, one of them not a system's, the last one the user's; roles, parts,
 * environment, stream options and every other member the page knows of the
 * types and values it gives. Members it does not know are accepted, as OpenAI's
 * clients send them. unlisted: modes and models may be any string.
 * False with the fault set.
 */
bool	request_check(jv request, bool unlisted, struct request_fault *fault);

#endif
