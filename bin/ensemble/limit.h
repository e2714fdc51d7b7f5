/*
 * limit: how many calls a host takes at once, by the panel's lines. Only the counting;
 * who waits, and in which order, is call's.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>

#include "panel.h"
#include "url.h"

struct limits {
	const struct panel *panel;
	unsigned	*used;	/* of each of the panel's limits; owned */
};

void	limit_start(struct limits *l, const struct panel *p);

/* Takes a place at the host of a URL; false when a limit leaves none. */
bool	limit_take(struct limits *l, const struct url *u);

/* Gives the place back. */
void	limit_give(struct limits *l, const struct url *u);

void	limit_free(struct limits *l);

#endif
