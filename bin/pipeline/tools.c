#include <sys/stat.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "mem.h"
#include "tools.h"

/* The folders of the program, as it was called and as it is, each with its slash. */
static char *folders[2];

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

static char *
folder_of(const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	return slash != NULL ? mem_copy(path, (size_t)(slash + 1 - path)) : NULL;
}

void
tools_init(const char *argv0)
{
	char *called, *real;

	if (argv0 == NULL)
		return;
	called = strchr(argv0, '/') != NULL ? mem_string(argv0) : in_path(argv0);
	real = called != NULL ? realpath(called, NULL) : NULL;
	folders[0] = folder_of(called);
	folders[1] = folder_of(real);
	free(called);
	free(real);
}

char *
tools_path(const char *name)
{
	char *path = NULL;
	int i;

	for (i = 0; path == NULL && i < 2; i++)
		if (folders[i] != NULL)
			path = in_folder(folders[i], strlen(folders[i]), name);
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
