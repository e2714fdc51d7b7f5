/*
 * conversation: what was said before, kept in $XDG_STATE_HOME/supai/NAME.ndjson: the
 * last request, which has all messages before it, and its completion. Not for what
 * a shell shows of them: that is listing's.
 */
#ifndef CONVERSATION_H
#define CONVERSATION_H

#include <stdbool.h>

#include "buf.h"
#include "draft.h"
#include "json.h"

struct conversation {
	char		*name;		/* owned, as all here */
	char		*file;
	bool		 there;		/* something was said before */
	struct buf	 mode, models;	/* of the last request, as options have them;
					   empty: it says none */
	struct draft	 draft;		/* where its next two lines are written, */
	int		 events;	/* and the events of the answer; once it is open */
};

/* Whether that can be a conversation's name. */
bool	conversation_is_name(const char *name);

/*
 * The path of a file among them ("": their folder, with its slash); owned. Ends the
 * program with 78 where there is no home for it.
 */
char	*conversation_path(const char *file);

/*
 * Which one it is: name, or the one of this terminal or script where that is NULL.
 * Nothing is opened.
 */
void	conversation_find(struct conversation *c, const char *name);

/*
 * The value of the line at *p, of a file's text up to end, *p then being where the next
 * one begins; false where it is no JSON or there is none.
 */
bool	conversation_line(const char **p, const char *end, struct json *v);

/*
 * Looks what the last request asked for; nothing is made. Ends the program with 73
 * where it could not be added to.
 */
void	conversation_look(struct conversation *c);

/*
 * Opens it for one more question: waits for those who use it, some seconds; then
 * looks. Ends the program with 73, or with 75 when it stays in use.
 */
void	conversation_open(struct conversation *c);

/* Puts the two lines in its place. Ends the program with 74 where that fails. */
void	conversation_keep(struct conversation *c);

/* Leaves it, as it was if it was not kept. */
void	conversation_close(struct conversation *c);

#endif
