/*
 * target: an id and how it is reached: the panel's line, the URL, the key, and what
 * was learnt of the endpoint in this run.
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
	char		*key;
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

/* Reads the keys. Ends the tool with 78 when one is missing or unsafe. */
void	target_open(struct targets *t);

/* Appends where a target's key comes from: "env NAME", "file PATH" or "no key". */
void	target_source(const struct target *t, struct buf *out);

void	target_free(struct targets *t);

#endif
