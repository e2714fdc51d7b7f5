/*
 * servelog: the log: a line a request, one JSON object. No content, never a key.
 */
#ifndef SERVELOG_H
#define SERVELOG_H

#include <stdbool.h>

struct servelog_entry {
	long long		 began;		/* ms since 1970 */
	const char		*client;	/* its name; NULL: none known */
	const char		*mode;		/* asked for; NULL: none */
	unsigned		 status;	/* 0: the client was gone before */
	long long		 ms;		/* it took */
	unsigned long long	 bytes;		/* of the response's body */
};

/* Appends the line to fd by one write(2). False with errno set. */
bool	servelog_write(int fd, const struct servelog_entry *e);

#endif
