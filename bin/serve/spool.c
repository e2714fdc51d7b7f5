#include <unistd.h>

#include "fd.h"
#include "spool.h"

enum { IN_MEMORY = 1 << 16 };	/* bytes, at most */

void
spool_start(struct spool *s)
{
	*s = (struct spool){.file = -1};
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
		s->file = fd_nameless();
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
