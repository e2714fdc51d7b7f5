#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "diag.h"
#include "io.h"
#include "mem.h"
#include "relay.h"
#include "stage.h"

enum { SIZE = 1 << 16 };

void
relay_open(struct relay *r, int from)
{
	stage_unblock(from);
	r->from = from;
	r->p = mem_alloc(SIZE);
}

void
relay_add(struct relay *r, enum relay_kind kind, int fd, const char *name)
{
	if (kind != RELAY_FILE)
		stage_unblock(fd);
	r->sink[r->nsinks++] = (struct relay_sink){
		.fd = fd, .kind = kind, .name = name,
	};
}

static bool
is_behind(const struct relay *r, const struct relay_sink *s)
{
	return s->fd != -1 && s->done < r->n;
}

size_t
relay_poll(const struct relay *r, struct pollfd *fds)
{
	size_t n = 0, i;

	for (i = 0; i < r->nsinks; i++)
		if (is_behind(r, &r->sink[i]))
			fds[n++] = (struct pollfd){
				.fd = r->sink[i].fd, .events = POLLOUT,
			};
	if (n == 0 && r->from != -1)
		fds[n++] = (struct pollfd){.fd = r->from, .events = POLLIN};
	return n;
}

static void
close_sink(struct relay_sink *s)
{
	if (s->kind != RELAY_FILE)
		close(s->fd);
	s->fd = -1;
}

/* The end of the input, or of its use: who writes to it learns of that. */
static void
end(struct relay *r)
{
	size_t i;

	close(r->from);
	r->from = -1;
	r->n = 0;
	for (i = 0; i < r->nsinks; i++)
		if (r->sink[i].kind != RELAY_FILE)
			close_sink(&r->sink[i]);
	free(r->p);
	r->p = NULL;
}

/* A sink that takes no more. */
static void
lose(struct relay *r, struct relay_sink *s)
{
	int error = errno;

	close_sink(s);
	if (s->kind == RELAY_BESIDE)
		return;
	if (s->kind == RELAY_FILE) {
		r->error = error;
		if (error != EPIPE)
			diag_warn_errno("%s", s->name);
		if (error != EPIPE && r->nsinks > 1)
			return;		/* the others go on */
	}
	end(r);
}

/* Whether it took some. */
static bool
push(struct relay *r, struct relay_sink *s)
{
	ssize_t n = (ssize_t)(r->n - s->done);

	if (s->kind == RELAY_FILE) {
		if (!io_write_all(s->fd, r->p + s->done, (size_t)n))
			n = -1;
	} else {
		n = write(s->fd, r->p + s->done, (size_t)n);
	}
	if (n > 0)
		s->done += (size_t)n;
	else if (n == -1 && errno != EAGAIN && errno != EINTR)
		lose(r, s);
	return n > 0;
}

static bool
pull(struct relay *r)
{
	ssize_t n = read(r->from, r->p, SIZE);
	size_t i;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 1) {
		end(r);
		return true;
	}
	r->n = (size_t)n;
	r->passed += r->n;
	for (i = 0; i < r->nsinks; i++)
		r->sink[i].done = 0;
	if (r->copy != NULL)
		buf_add(r->copy, r->p, r->n);
	return true;
}

bool
relay_step(struct relay *r)
{
	bool any = false, behind = false;
	size_t i;

	for (i = 0; i < r->nsinks && r->from != -1; i++) {
		if (!is_behind(r, &r->sink[i]))
			continue;
		any = push(r, &r->sink[i]) || any;
		behind = behind || is_behind(r, &r->sink[i]);
	}
	return !behind && r->from != -1 ? pull(r) : any;
}
