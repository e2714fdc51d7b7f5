#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "ending.h"
#include "temp.h"

#define PREFIX ".supai."
enum { RANDOM = 6, TRIES = 8 };

static bool
lock(int fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_SETLK, &l) == 0;
}

bool
temp_stands(int fd, const char *path)
{
	struct stat one, two;

	return fstat(fd, &one) == 0 && stat(path, &two) == 0 &&
	    one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

static bool
is_ours(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strlen(PREFIX);

	return strncmp(name, PREFIX, n) == 0 && strlen(name + n) == RANDOM &&
	    strspn(name + n, letters) == RANDOM;
}

/*
 * One whose lock can be had has nobody who still needs it, but for our own, whose lock
 * would be lost here.
 */
static void
remove_left(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || ending_has_file(&st))
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return;
	if (lock(fd) && temp_stands(fd, path))
		(void)unlink(path);
	close(fd);
}

/* In the folder whose name, with its slash, are the first n bytes of path. */
static void
clean(const char *path, size_t n)
{
	struct buf name = {0};
	struct dirent *e;
	DIR *dir;

	buf_add(&name, path, n);
	dir = opendir(n > 0 ? buf_string(&name) : ".");
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (!is_ours(e->d_name))
			continue;
		name.n = n;
		buf_adds(&name, e->d_name);
		remove_left(buf_string(&name));
	}
	if (dir != NULL)
		closedir(dir);
	buf_free(&name);
}

static void
forget(struct temp *t)
{
	ending_drop_file(t->path);
	close(t->fd);
	free(t->path);
	t->path = NULL;
}

/* False, errno being EEXIST, where another run took it for one that was left. */
static bool
make(struct temp *t, const char *beside, size_t n)
{
	struct buf path = {0};

	buf_add(&path, beside, n);
	buf_adds(&path, PREFIX "XXXXXX");
	t->path = buf_take(&path);
	ending_hold();
	t->fd = mkstemp(t->path);
	if (t->fd != -1)
		ending_add_file(t->path);
	ending_release();
	if (t->fd == -1) {
		free(t->path);
		t->path = NULL;
		return false;
	}
	(void)fcntl(t->fd, F_SETFD, FD_CLOEXEC);
	(void)lock(t->fd);	/* where there are no locks nobody can have it */
	if (temp_stands(t->fd, t->path))
		return true;
	temp_drop(t);
	errno = EEXIST;
	return false;
}

bool
temp_make(struct temp *t, const char *beside)
{
	const char *slash = strrchr(beside, '/');
	size_t n = slash != NULL ? (size_t)(slash + 1 - beside) : 0;
	int tries = TRIES;

	clean(beside, n);
	while (!make(t, beside, n))
		if (errno != EEXIST || --tries == 0)
			return false;
	return true;
}

bool
temp_become(struct temp *t, const char *path)
{
	if (rename(t->path, path) == -1)
		return false;
	forget(t);
	return true;
}

void
temp_drop(struct temp *t)
{
	if (t->path == NULL)
		return;
	(void)unlink(t->path);
	forget(t);
}
