/*
 * A library to be loaded before a tool's own (LD_PRELOAD): as soon as a file is
 * renamed to one whose name has $RENAMED in it, SIGTERM comes.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
rename(const char *old, const char *new)
{
	const char *name = getenv("RENAMED");
	int result = renameat(AT_FDCWD, old, AT_FDCWD, new);

	if (result == 0 && name != NULL && strstr(new, name) != NULL)
		(void)raise(SIGTERM);
	return result;
}
