/*
 * panel: the file that says which models the ensemble asks, where each of them is,
 * which key goes to which host, how many calls at once a host takes, who writes the
 * final answer, and what the modes are. supai-panel(5) is its page. Whether its URLs
 * and keys are good is for their user to judge.
 */
#ifndef PANEL_H
#define PANEL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"

/* Strings and JSON are borrowed from the panel; line is the line's number. */
struct panel_model {
	const char	*id;	/* or a glob (config_matches) */
	bool		 glob;
	const char	*base;	/* the base URL as it was written */
	const char	*name;	/* what the endpoint calls it; NULL: as it was asked for */
	struct json	 json;	/* what is merged into its requests; JSON_NONE: nothing */
	unsigned long	 line;
};

/* What the lines of hosts say, of their keys or of their limits. */
struct panel_host {
	char		*name;	/* as url_parse has it: lower case, IPv6 without brackets */
	long		 port;	/* 0: any */
	bool		 file;	/* of a key: where is a path; else a variable's name */
	char		*where;	/* of a key: a path is absolute, or as the panel's is */
	unsigned	 most;	/* of a limit: calls at once */
	unsigned long	 line;
};

struct panel_hosts {
	struct panel_host *p;	/* name and where are the panel's */
	size_t		 n;
};

/* An id, and how many samples of it are asked for. */
struct panel_member {
	const char	*id;
	unsigned	 samples;
};

struct panel_members {
	struct panel_member *p;
	size_t		 n;
};

struct panel_mode {
	const char	*name;
	struct panel_members members;
	unsigned long	 line;
};

/* All zero it is an empty panel. */
struct panel {
	const char	*path;		/* borrowed */
	struct panel_model *models;
	size_t		 nmodels;
	struct panel_hosts keys, limits;
	struct panel_members mains;	/* who writes the final answer; samples are 1 */
	unsigned long	 main_line;
	struct panel_mode *modes;
	size_t		 nmodes;
	/* panel's own. */
	char		*text;
};

enum { PANEL_SAMPLES = 100 };	/* of one id, at most */

/*
 * Reads the panel at path (borrowed for as long as p is). True also where there
 * is no such file: then p is empty. False, with why ("PATH: line 3: …") appended, for
 * a file that cannot be read, that others can write, or with a line that is wrong.
 */
bool	panel_read(struct panel *p, const char *path, struct buf *why);

/*
 * Makes a panel of ids, a comma list of ID[*N], all at one base URL (both borrowed);
 * a mode of any name asks all of them. False with why.
 */
bool	panel_of(struct panel *p, const char *ids, const char *base,
	    struct buf *why);

/* Who serves an id: the literal line before a glob's, the first of these; or NULL. */
const struct panel_model *panel_find(const struct panel *p, const char *id);

/* A host's line of keys: one with its port before one without; or NULL. */
const struct panel_host *panel_key(const struct panel *p, const char *host,
	    long port);

/* Whether a line's host is this one. */
bool	panel_is_host(const struct panel_host *h, const char *host, long port);

/* The line of a mode; NULL where there is none. */
const struct panel_mode *panel_mode(const struct panel *p, const char *name);

void	panel_free(struct panel *p);

#endif
