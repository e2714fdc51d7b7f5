/*
 * service: the API as its page has it, played: takes a request, checks it,
 * and picks the response or the fault. No sockets, no time: those are mock's.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "faults.h"
#include "reply.h"

/* One of the answers that are given in turn; zeroed but for its text. */
struct service_answer {
	struct buf	 text;		/* what is said, or NDJSON; owned */
	bool		 recorded;	/* it is NDJSON: recorded events */
	struct reply	 stream;	/* service's own */
};

/* How it is to behave; all zero it echoes prompts and takes any key. */
struct service {
	const char		*key;	/* the only bearer token that is right; NULL: any */
	bool			 logprobs;	/* given where they are asked for */
	const char		**refused;	/* members that are 400; the array is owned */
	size_t			 nrefused;
	const struct buf	*body;	/* given instead of answers and errors; NULL: none */
	struct service_answer	*answers;	/* owned */
	size_t			 nanswers;
	struct faults		 faults;
	unsigned long		 good, answered;	/* service's own: counts */
};

struct service_request {
	unsigned long	 number;	/* from 1 */
	const char	*method, *path;
	const char	*authorization;	/* NULL where there is none */
	size_t		 bytes;		/* of its body */
	struct buf	 body;		/* empty where it was too long */
};

struct service_response {
	unsigned		 status;
	struct json		 request;	/* the body's value, if it had to be read */
	const char		*allow;		/* with 405: the method; else NULL */
	struct fault		 fault;
	const struct reply	*reply;		/* borrowed: own, or a recording */
	struct reply		 own;
};

/* Adds an answer, text being taken over from the caller. */
void	service_add_answer(struct service *s, struct buf *text, bool recorded);

/* Adds a member (borrowed for good) whose requests are refused. */
void	service_refuse(struct service *s, const char *member);

/* Responds to a request (kept); r must be zeroed. Never fails. */
void	service_respond(struct service *s, const struct service_request *q,
	    struct service_response *r);

void	service_free(struct service *s);

#endif
