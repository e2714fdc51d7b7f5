/*
 * ask: one question, from what the options say to the status: which stages run,
 * what becomes of the answer and of the conversation.
 */
#ifndef ASK_H
#define ASK_H

#include "buf.h"
#include "conversation.h"
#include "opt.h"
#include "output.h"
#include "places.h"

enum ask_watch { ASK_BY_ITSELF, ASK_WATCHED, ASK_UNWATCHED };

/* What is asked for, as far as it has no value. */
enum {
	ASK_INPUT = 1 << 0,	/* an option reads standard input */
	ASK_FILES = 1 << 1,	/* some are put before the prompt */
	ASK_CHUNKS = 1 << 2,
	ASK_USAGE = 1 << 3,	/* in a line: it is among args already */
	ASK_JSON = 1 << 4,
	ASK_SAFE = 1 << 5,	/* control characters are shown, */
	ASK_RAW = 1 << 6,	/* or are not */
	ASK_LONE = 1 << 7,	/* an answer that is no good one may be kept */
	ASK_ALOUD = 1 << 8,	/* the exchange is told on standard error */
	ASK_ENSEMBLE = 1 << 9,	/* supai-ensemble is asked, not supai-send */
	ASK_LISTED = 1 << 10,	/* and asks those models, without a panel */
	ASK_SHOW = 1 << 11,	/* what would run is printed, and nothing changed */
	ASK_KEEP = 1 << 12,	/* it is part of a conversation, */
	ASK_FRESH = 1 << 13,	/* which starts with it */
};

struct ask {
	/* What is asked for; strings are borrowed. */
	unsigned	 flags;
	struct opt_words args[PLACES_N];	/* options of the stages */
	struct opt_words prompt;	/* its words, a "--" before them if there was one */
	const char	*mode;		/* NULL: not given */
	struct opt_words models;	/* each time they are given */
	const char	*url;		/* NULL: the base URL's */
	enum ask_watch	 watch;
	const char	*events;	/* the file that they are kept in; NULL: none */
	const char	*name;		/* of the conversation; NULL: the one of this
					   terminal or script */
	struct output	 output;	/* its name */
	/* The rest is ask's own. */
	struct buf	 list;		/* the models, without a panel */
	int		 events_fd;
	struct conversation conversation;
};

/*
 * Asks, or prints the pipeline as a command line; returns the status, or ends the
 * program by a signal. Frees what was asked for.
 */
int	ask_run(struct ask *a);

/* Frees what was asked for. */
void	ask_free(struct ask *a);

#endif
