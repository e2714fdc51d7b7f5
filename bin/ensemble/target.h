/*
 * target: whom a request asks, by the panel, its mode and the models it names; and how
 * each id is reached: the panel's line, the URL, the key, and what was learnt of the
 * endpoint in this run.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "client.h"
#include "http.h"
#include "key.h"
#include "panel.h"
#include "question.h"
#include "url.h"

struct target {
	const char	*id;	/* borrowed, as is all of the panel's */
	const struct panel_model *line;
	const char	*name;	/* what its endpoint calls it */
	struct url	 url;
	struct http_options options;
	bool		 no_logprobs, no_stream_options; /* it refused them */
	/* target's own. */
	struct key_source source;
	bool		 keyless;	/* it may be asked without a key */
};

struct targets {
	const struct panel *panel;
	struct client	*client;	/* the options; its redact learns the keys */
	const char	*base;		/* --base-url; NULL: there is a panel */
	struct target	**p;
	size_t		 n;
};

/*
 * The target of an id, made where there is none yet; NULL when nobody serves it. Ends
 * the tool with 78 where the panel's line is wrong, or speaks plain http to another
 * machine; with 64 where --base-url is.
 */
struct target *target_get(struct targets *t, const char *id);

/* One that is asked: a model, or one of several samples of it. */
struct asked {
	struct target	*target;
	char		*key;	/* the thread's: ID, or ID#2 …; owned */
};

struct ask {
	struct asked	*p;
	size_t		 n;
	struct buf	 left_out;	/* ids that the question names and nobody
					   serves, commas between them */
};

/*
 * Finds whom q, which has to outlive t, asks. False, with why appended, where the mode
 * is unknown or nobody is left: the request's fault. Else as target_get.
 */
bool	target_ask(struct targets *t, const struct question *q, struct ask *a,
	    struct buf *why);

/* Reads the keys. Ends the tool with 78 when one is missing or unsafe. */
void	target_open(struct targets *t);

/* Appends where a target's key comes from: "env NAME", "file PATH" or "no key". */
void	target_source(const struct target *t, struct buf *out);

void	target_free(struct targets *t);
void	target_free_ask(struct ask *a);

#endif
