/*
 * relay: bytes that pass through us between two stages, or after the last one,
 * because they have to be kept, or have to go to two places.
 */
#ifndef RELAY_H
#define RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { RELAY_SINKS = 3, RELAY_FDS = RELAY_SINKS };

enum relay_kind {
	RELAY_STAGE,	/* a pipe to a stage: its end of it ends the relay */
	RELAY_BESIDE,	/* one to a stage that is only beside the others */
	RELAY_FILE,	/* a file, or our output; written to at once */
};

struct relay_sink {
	int		 fd;	/* -1: it takes no more */
	enum relay_kind	 kind;
	const char	*name;	/* RELAY_FILE: for messages */
	size_t		 done;	/* bytes of those at hand that it has */
};

struct relay {
	int		 from;	/* -1: its end has come */
	struct relay_sink sink[RELAY_SINKS];
	size_t		 nsinks;
	struct buf	*copy;	/* all that passes, too; NULL: not kept */
	unsigned long long passed; /* bytes */
	int		 error;	/* of a file that could not be written to, already
				   said; EPIPE: who reads our output is gone; 0: none */
	/* The rest is relay's own. */
	char		*p;
	size_t		 n;
};

/* Starts on a pipe's end that is ours alone. */
void	relay_open(struct relay *r, int from);

/* A place where the bytes go; for a stage a pipe's end that is ours alone. */
void	relay_add(struct relay *r, enum relay_kind kind, int fd,
	    const char *name);

/* What it waits for: fills in at most RELAY_FDS of fds and returns how many. */
size_t	relay_poll(const struct relay *r, struct pollfd *fds);

/* Passes on what can be passed on without waiting; whether there was any. */
bool	relay_step(struct relay *r);

#endif
