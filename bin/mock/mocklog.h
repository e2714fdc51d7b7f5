/*
 * mocklog: the mock's log: what a request was, as one JSON object on one line.
 * Never the key.
 */
#ifndef MOCKLOG_H
#define MOCKLOG_H

#include "merge.h"
#include "service.h"

/* All borrowed. */
struct mocklog_entry {
	const struct service_request	*q;
	const struct service_response	*r;
	const struct merge		*headers;	/* of mocklog_header */
	unsigned long	 connection;	/* from 1 */
	long long	 elapsed;	/* ms since the mock's start */
};

/*
 * Adds a header (its name in small letters) to the object; one that is there already
 * gets the value after a comma. Of credentials only the scheme is kept.
 */
void	mocklog_header(struct merge *headers, const char *name, const char *value);

/* Appends the line to fd by one write(2); false with errno. */
bool	mocklog_write(int fd, const struct mocklog_entry *e);

#endif
