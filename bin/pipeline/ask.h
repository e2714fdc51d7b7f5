/*
 * ask: one question, from what the options say to the status: which stages run,
 * what becomes of the answer and of the conversation.
 */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>

#include "buf.h"
#include "conversation.h"
#include "opt.h"
#include "output.h"
#include "places.h"

enum ask_watch { ASK_BY_ITSELF, ASK_WATCHED, ASK_UNWATCHED };

struct ask {
	/* What is asked for; strings are borrowed. */
	struct opt_words args[PLACES_N];	/* options of the stages */
	struct opt_words prompt;	/* its words, a "--" before them if there was one */
	bool		 input;		/* an option reads standard input */
	bool		 files;		/* some are put before the prompt */
	bool		 chunks;	/* they are asked for */
	bool		 usage;		/* the same, among args already */
	bool		 json;
	bool		 shown;		/* how control characters are shown is said */
	bool		 lone;		/* an answer that is no good one may be kept */
	bool		 aloud;		/* the exchange is told on standard error */
	const char	*mode;		/* NULL: not given */
	struct opt_words models;	/* each time they are given */
	bool		 ensemble;	/* supai-ensemble is asked, not supai-send */
	bool		 listed;	/* and asks those models, without a panel */
	const char	*url;		/* NULL: the base URL's */
	enum ask_watch	 watch;
	const char	*events;	/* the file that they are kept in; NULL: none */
	bool		 show;		/* what would run is printed, and nothing changed */
	bool		 keep;		/* it is part of a conversation, */
	bool		 fresh;		/* which starts with it */
	const char	*name;		/* NULL: the one of this terminal or script */
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
