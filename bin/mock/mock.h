/*
 * mock: the service's stand-in as an HTTP server on loopback: connections,
 * time, the sending of replies and the ways to fail at it, the log. What is
 * answered is service's.
 */
#ifndef MOCK_H
#define MOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "service.h"

/* A header of every response; it takes the place of the mock's own. */
struct mock_header {
	char	*name;
	char	*value;
};

struct mock_options {
	struct service		*service;
	int			 log;	/* descriptor that requests are appended to; -1: none */
	long			 first_byte_delay;	/* milliseconds */
	long			 delay;			/* between two events */
	bool			 no_done;	/* streams end without "[DONE]" */
	const char		*retry_after;	/* goes with failures; NULL: none */
	struct mock_header	*headers;
	size_t			 nheaders;
};

/* Whether a response can have this header. */
bool	mock_header_ok(const struct mock_header *header);

/*
 * Serves the connections of the socket, which is the mock's from now on, in
 * threads of its own. o is borrowed until mock_stop. Raises the limit of open
 * files as far as it may. Failure ends the tool with 71.
 */
struct mock *mock_start(const struct mock_options *o, int listener);

/*
 * Closes all connections and frees everything but the options. False where the log could
 * not be written, which was said then.
 */
bool	mock_stop(struct mock *m);

#endif
