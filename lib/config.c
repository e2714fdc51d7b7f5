#include <stdlib.h>

#include "buf.h"
#include "config.h"

char *
config_path(const char *file)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct buf path = {0};

	/* XDG Base Directory, "Basics": a relative path is to be ignored. */
	if (dir != NULL && *dir == '/')
		buf_adds(&path, dir);
	else if (home != NULL && *home != '\0')
		buf_printf(&path, "%s/.config", home);
	else
		return NULL;
	buf_printf(&path, "/supai/%s", file);
	return buf_take(&path);
}
