/*
 * request: the rules that a request of POST /chat/completions must keep, as the
 * API's page gives them. Not for building one: that is supai-req's.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"

/* What is wrong with a request, in the terms of the API's error object. */
struct request_fault {
	struct buf	 message;	/* one sentence; owned by the caller */
	const char	*param;		/* the member at fault ("messages"); a constant; NULL: none */
	const char	*code;		/* "invalid_value", "model_not_found" …; a constant */
};

/*
 * What is let through besides. UNLISTED: any string as a mode or model. FOREIGN, for
 * another service: any messages that OpenAI documents: the roles developer, tool
 * and function, other kinds of parts, an assistant's content that is null or
 * missing beside its calls of tools or its refusal, and any order of roles.
 */
enum { REQUEST_UNLISTED = 1, REQUEST_FOREIGN = 2 };

/*
 * Whether the API would take this request: an object with an array of messages
 * that is not empty, with one that is not the system's, the last one the user's; each
 * member that the page knows of the type and values it gives. Members it does not know
 * are accepted, as OpenAI's clients send them. False with the fault set.
 */
bool	request_check(struct json request, unsigned also,
	    struct request_fault *fault);

/*
 * The same for n bytes as a server gets them. *request is set to the value, borrowed from
 * text, where they are JSON, taken or not.
 */
bool	request_read(const char *text, size_t n, unsigned also,
	    struct json *request, struct request_fault *fault);

/* The same for one message alone; its members are named without their place. */
bool	request_check_message(struct json message, unsigned also,
	    struct request_fault *fault);

/* Whether text is an IPv4 or IPv6 address (RFC 4291, section 2.2). */
bool	request_is_address(const char *text);

/* Whether text begins as a URL that an image may have: http, https or data. */
bool	request_is_url(const char *text);

#endif
