/*
 * models: the ids that can be asked for, and the nearest ones to an id that is not
 * among them. The lists are built in from models.txt and modes.txt; files in the
 * user's configuration replace them, and the user's panel adds its own. Not for what
 * the service says it has: that is asked over http.
 */
#ifndef MODELS_H
#define MODELS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum models_list { MODELS_MODELS, MODELS_MODES };

/*
 * The ids of a list, in its order, borrowed for good; sets *n to how many. They are
 * read once: from the configuration's supai/models (modes) where there is one, else the
 * list built in; then the literal ids (the modes) of the user's panel. In a file, blank
 * lines and lines that start with # are passed over. Ends the tool with 78 for a file
 * that cannot be read, has a line that can be no id, or has none, and for a panel that
 * is wrong.
 */
const char *const *models_ids(enum models_list list, size_t *n);

/* Whether id is on the list; a model may also be one that a glob of the panel serves. */
bool	models_known(enum models_list list, const char *id);

/* Appends "unknown mode 'exprt': did you mean expert?", or what else helps. */
void	models_unknown(enum models_list list, const char *id, struct buf *out);

/* Whether SUPAI_BASE_URL names another host than the service's. */
bool	models_foreign(void);

/*
 * Whether the environment lets ids through that are on no list: SUPAI_UNLISTED
 * is set (and not 0), or SUPAI_BASE_URL names another host than the service's,
 * whose models are not ours to know. A loopback host is another one, too.
 */
bool	models_unlisted(void);

#endif
