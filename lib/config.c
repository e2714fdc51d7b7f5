#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "config.h"
#include "mem.h"
#include "term.h"

const char *
config_variable(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? s : NULL;
}

void
config_forget(const char *name)
{
	char *s = getenv(name);

	if (s == NULL)
		return;
	mem_wipe(s, strlen(s));	/* what /proc and ps(1) show is this very place */
	(void)unsetenv(name);
}

/* Under the folder of the variable, or at home; an owned path, or NULL. */
static char *
place(const char *variable, const char *usual, const char *file)
{
	const char *dir = config_variable(variable), *home = config_variable("HOME");
	struct buf path = {0};

	/* XDG Base Directory, "Basics": a relative path is to be ignored. */
	if (dir != NULL && *dir == '/')
		buf_adds(&path, dir);
	else if (home != NULL)
		buf_printf(&path, "%s/%s", home, usual);
	else
		return NULL;
	buf_printf(&path, "/supai/%s", file);
	return buf_take(&path);
}

char *
config_path(const char *file)
{
	return place("XDG_CONFIG_HOME", ".config", file);
}

char *
config_state(const char *file)
{
	return place("XDG_STATE_HOME", ".local/state", file);
}

/* An id is one word; a saved error page, say, must not pass for a list. */
bool
config_is_id(const char *s)
{
	struct buf shown = {0};
	size_t n = strlen(s);
	bool ok;

	if (n == 0 || *s == '#' || s[strcspn(s, " \t\n")] != '\0')
		return false;
	term_line(&shown, s, n);	/* which changes what must not be shown */
	ok = buf_is(&shown, s, n);
	buf_free(&shown);
	return ok;
}

bool
config_matches(const char *id, const char *pattern)
{
	return fnmatch(pattern, id, 0) == 0;
}

bool
config_is_pattern(const char *word)
{
	return strpbrk(word, "*?[\\") != NULL;
}
