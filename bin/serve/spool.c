#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fd.h"
#include "spool.h"
#include "when.h"

enum { IN_MEMORY = 1 << 16 };	/* bytes, at most */

void
spool_start(struct spool *s)
{
	*s = (struct spool){.file = -1};
}

/*
 * A file without a name. Not by mkstemp(3): that makes a descriptor which the
 * other thread's next answer would inherit.
 */
static int
nameless_file(void)
{
	const char *dir = getenv("TMPDIR");
	struct buf path = {0};
	int fd;

	buf_printf(&path, "%s/supai-serve.%016llx",
	    dir != NULL && *dir != '\0' ? dir : "/tmp",
	    (unsigned long long)when_chance());
	fd = open(buf_string(&path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd != -1)
		unlink(buf_string(&path));
	buf_free(&path);
	return fd;
}

bool
spool_add(struct spool *s, const char *p, size_t n)
{
	s->n += n;
	if (s->file == -1 && s->n <= IN_MEMORY) {
		buf_add(&s->text, p, n);
		return true;
	}
	if (s->file == -1) {
		s->file = nameless_file();
		if (s->file == -1 ||
		    !fd_write(s->file, s->text.p, s->text.n))
			return false;
		buf_free(&s->text);
	}
	return fd_write(s->file, p, n);
}

bool
spool_read(struct spool *s, struct buf *out)
{
	ssize_t n;

	if (s->file == -1) {
		buf_add(out, s->text.p, s->text.n);
		return true;
	}
	buf_reserve(out, s->n);
	if (lseek(s->file, 0, SEEK_SET) == -1)
		return false;
	while (out->n < s->n) {
		n = read(s->file, out->p + out->n, s->n - out->n);
		if (n <= 0)
			return false;
		out->n += (size_t)n;
	}
	return lseek(s->file, 0, SEEK_SET) != -1;
}

void
spool_free(struct spool *s)
{
	if (s->file != -1)
		close(s->file);
	buf_free(&s->text);
	spool_start(s);
}
