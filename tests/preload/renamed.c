/*
 * A library to be loaded before a tool's own (LD_PRELOAD): SIGTERM comes as soon as a
 * file is renamed to one whose name has $RENAMED in it, and just before one is removed
 * whose name has $REMOVED in it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
look_for(const char *variable, const char *path)
{
	const char *name = getenv(variable);

	if (name != NULL && strstr(path, name) != NULL)
		(void)raise(SIGTERM);
}

int
unlink(const char *name)
{
	look_for("REMOVED", name);
	return unlinkat(AT_FDCWD, name, 0);
}

int
rename(const char *old, const char *new)
{
	int result = renameat(AT_FDCWD, old, AT_FDCWD, new);

	if (result == 0)
		look_for("RENAMED", new);
	return result;
}
