/*
 * origin: who is talking, where nobody gives the conversation a name: the terminal
 * that we are run from, by its session, or the script, by its process. Neither the
 * number of a process nor that of a terminal is used once only, so the time when
 * the process began counts too.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "buf.h"

/* Appends a name that is the same in each run from there, and no other's. */
void	origin_name(struct buf *out);

#endif
