#include <sys/stat.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "mem.h"
#include "tools.h"

/* The program, as it was called and as it is; NULL where that is not known. */
static char *programs[2];

/* The path in a folder (n bytes; its slash may be missing), owned; NULL: not there. */
static char *
in_folder(const char *folder, size_t n, const char *name)
{
	struct buf path = {0};
	struct stat st;

	buf_add(&path, folder, n);
	if (n > 0 && folder[n - 1] != '/')
		buf_addc(&path, '/');
	buf_adds(&path, name);
	if (stat(buf_string(&path), &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path.p, X_OK) == 0)
		return buf_take(&path);
	buf_free(&path);
	return NULL;
}

/* POSIX.1-2008, XBD 8.3: an empty entry is the folder we are in. */
static char *
in_path(const char *name)
{
	const char *p = getenv("PATH");
	char *found;
	size_t n;

	for (; p != NULL; p = p[n] != '\0' ? p + n + 1 : NULL) {
		n = strcspn(p, ":");
		found = in_folder(n > 0 ? p : ".", n > 0 ? n : 1, name);
		if (found != NULL)
			return found;
	}
	return NULL;
}

void
tools_init(const char *argv0)
{
	if (argv0 == NULL)
		return;
	programs[0] = strchr(argv0, '/') != NULL ? mem_string(argv0) : in_path(argv0);
	programs[1] = programs[0] != NULL ? realpath(programs[0], NULL) : NULL;
}

char *
tools_path(const char *name)
{
	char *path = NULL;
	const char *p;
	int i;

	for (i = 0; path == NULL && i < 2; i++) {
		p = programs[i];
		if (p != NULL)
			path = in_folder(p, (size_t)(strrchr(p, '/') + 1 - p), name);
	}
	if (path == NULL)
		path = in_path(name);
	if (path == NULL)
		diag_die(EX_CONFIG, "%s: neither beside %s nor in PATH: install"
		    " all tools together", name, diag_name());
	return path;
}

char *
tools_word(const char *name)
{
	char *path = tools_path(name), *other = in_path(name);
	bool same = other != NULL && strcmp(path, other) == 0;

	free(other);
	if (!same)
		return path;
	free(path);
	return mem_string(name);
}
