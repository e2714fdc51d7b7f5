/*
 * models: the ids that can be asked for, and the nearest to one that is not
 * among them. The lists are built in from models.txt and modes.txt; files in
 * the user's configuration replace them, and what the user's panel names is known
 * as well. Not for what the service says it has:
 * that is asked over http.
 */
#ifndef MODELS_H
#define MODELS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum models_list { MODELS_MODELS, MODELS_MODES };

/*
 * The ids of a list, in its order; *n is set to how many. Borrowed, for good.
 * Read once: $XDG_CONFIG_HOME/supai/models (modes) or the one under
 * $HOME/.config where there is one, else the list built in; then the literal ids (the
 * modes) of the user's panel. In a file, blank lines and lines that start with # are
 * passed over. A file that cannot be read, holds a line that can be no id, or holds
 * none ends the tool with 78, and so does a panel that is wrong.
 */
const char *const *models_ids(enum models_list list, size_t *n);

/* Whether id is on the list; of models also, whether a glob of the panel serves it. */
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
