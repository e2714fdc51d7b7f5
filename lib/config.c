#include <stdlib.h>

#include "buf.h"
#include "config.h"

const char *
config_variable(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? s : NULL;
}

char *
config_path(const char *file)
{
	const char *dir = config_variable("XDG_CONFIG_HOME");
	const char *home = config_variable("HOME");
	struct buf path = {0};

	/* XDG Base Directory, "Basics": a relative path is to be ignored. */
	if (dir != NULL && *dir == '/')
		buf_adds(&path, dir);
	else if (home != NULL)
		buf_printf(&path, "%s/.config", home);
	else
		return NULL;
	buf_printf(&path, "/supai/%s", file);
	return buf_take(&path);
}
