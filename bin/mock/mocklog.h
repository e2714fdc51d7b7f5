/*
 * mocklog: the mock's log: what a request was, as one JSON object on one line.
 * Never the key.
 */
#ifndef MOCKLOG_H
#define MOCKLOG_H

#include <stdbool.h>

#include <jv.h>

#include "buf.h"

struct mocklog_entry {
	unsigned long	 number, connection;	/* both from 1 */
	long long	 elapsed;		/* ms since the mock's start */
	const char	*method, *path;
	jv		 headers;	/* an object of mocklog_header; consumed */
	size_t		 bytes;		/* of the body */
	const struct buf *body;
	bool		 json;		/* it is JSON */
	unsigned	 status;
	const char	*fault;		/* its name; NULL for none */
};

/*
 * Adds a header (its name in small letters) to the object and returns that;
 * one that is there already gets the value after a comma. Of credentials only
 * the scheme is kept.
 */
jv	mocklog_header(jv headers, const char *name, const char *value);

/* Appends the line to fd by one write(2), or ends the tool with 74. */
void	mocklog_write(int fd, const struct mocklog_entry *e);

#endif
