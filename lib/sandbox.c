#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __FreeBSD__
#include <sys/capsicum.h>
#endif

#include "landlock.h"
#include "sandbox.h"
#include "seccomp.h"

/* As OpenBSD has it; on the other systems nothing is promised. */
static void
promise(const char *promises)
{
#ifdef __OpenBSD__
	(void)pledge(promises, NULL);
#else
	(void)promises;
#endif
}

static void
close_world(void)
{
#ifdef __FreeBSD__
	(void)cap_enter();
#endif
}

static bool
is_off(void)
{
	const char *s = getenv("SUPAI_NO_SANDBOX");

	return s != NULL && strcmp(s, "1") == 0;
}

void
sandbox_filter(char *const *files, int nfiles)
{
	if (is_off())
		return;
	/* tty: the size of a window, for the one who draws there */
	promise(nfiles > 0 ? "stdio rpath tty" : "stdio tty");
	if (nfiles == 0)
		close_world();
	landlock_read(files, (size_t)nfiles);
	seccomp_filter(nfiles > 0);
}

void
sandbox_client(char *const *files, size_t nfiles, const char *output)
{
	if (is_off())
		return;
	promise(output != NULL ? "stdio rpath wpath cpath flock inet dns tty" :
	    "stdio rpath inet dns tty");
	landlock_client(files, nfiles, output);
	seccomp_client();
}
