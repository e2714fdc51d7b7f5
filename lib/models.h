/*
 * models: the ids that can be asked for, and the nearest to one that is not
 * among them. The lists are built in from models.txt and modes.txt; files in
 * the user's configuration replace them.
 */
#ifndef MODELS_H
#define MODELS_H

#include <stdbool.h>
#include <stddef.h>

enum models_list { MODELS_MODELS, MODELS_MODES };

/*
 * The ids of a list, in its order; *n is set to how many. Borrowed, for good.
 * Read once: $XDG_CONFIG_HOME/supai/models (modes) or the one under
 * $HOME/.config where there is one, else the list built in. A file that cannot
 * be read or holds no id ends the tool with 78.
 */
const char *const *models_ids(enum models_list list, size_t *n);

/* Whether id is on the list. */
bool	models_known(enum models_list list, const char *id);

/*
 * The ids nearest to one that is not on the list, nearest first: at most max,
 * only such as a typing error or a part of the name would explain. Sets
 * nearest[] (borrowed) and returns how many.
 */
size_t	models_nearest(enum models_list list, const char *id,
	    const char **nearest, size_t max);

#endif
