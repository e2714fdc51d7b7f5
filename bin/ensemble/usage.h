/*
 * usage: the token counts of several calls, added up member by member.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stddef.h>

#include "emit.h"
#include "json.h"

/* A number, or where it has members an object of them. All zero it is empty. */
struct usage {
	char		*name;		/* owned */
	double		 number;
	struct usage	*members;	/* owned */
	size_t		 n;
};

/* Adds a usage object; members that are no numbers and no objects are left out. */
void	usage_add(struct usage *u, struct json object);

/* Writes the sum; the three counts that all services give are always there. */
void	usage_put(const struct usage *u, struct emit *e);

void	usage_free(struct usage *u);

#endif
