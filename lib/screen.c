#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "mem.h"
#include "screen.h"
#include "when.h"

/* What is written at once where a write could block: a pipe that is ready takes it. */
#ifdef PIPE_BUF
enum { ATOMIC = PIPE_BUF };
#else
enum { ATOMIC = _POSIX_PIPE_BUF };
#endif

/* Where more bytes than this wait to be taken, lines are left out. */
enum { MAX_PENDING = 1 << 20 };

static volatile sig_atomic_t resized, continued;

static void
caught(int signal)
{
	if (signal == SIGCONT)
		continued = 1;
	else
		resized = 1;
}

/* Opening. */

/*
 * The terminal of fd opened once more: a description of our own, which may be
 * told not to block. -1 where that is not possible.
 */
static int
open_again(int fd)
{
	const char *name = ttyname(fd);
	int again;

	if (name == NULL)
		return -1;
	again = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (again == -1)
		return -1;
	if (fd_same(fd, again))
		return again;
	close(again);
	return -1;
}

/* Most terminals wrap anew what they show when their width changes. */
static bool
wraps_anew(const char *term)
{
	static const char *const not[] = {
		"linux", "rxvt", "screen", "vt1", "vt2", NULL,
	};
	size_t i;

	if (getenv("TMUX") != NULL)
		return true;
	if (getenv("XTERM_VERSION") != NULL)
		return false;
	for (i = 0; not[i] != NULL; i++)
		if (strncmp(term, not[i], strlen(not[i])) == 0)
			return false;
	return true;
}

void
screen_open(struct screen *s)
{
	struct sigaction sa = {.sa_handler = caught};	/* poll is to end */
	const char *term = getenv("TERM");

	*s = (struct screen){.fd = STDERR_FILENO};
	s->terminal = isatty(s->fd);
	if (!s->terminal)
		return;
	s->pictures = term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
	s->reflows = s->pictures && wraps_anew(term);
	s->fd = open_again(STDERR_FILENO);
	s->own = s->fd != -1;
	if (!s->own)
		s->fd = STDERR_FILENO;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGCONT, &sa, NULL);
#ifdef SIGWINCH
	sigaction(SIGWINCH, &sa, NULL);
#endif
}

/* A size the environment tells, where the terminal itself tells none. */
static size_t
size_from(const char *name, size_t otherwise)
{
	const char *s = getenv(name);
	long n = s != NULL ? strtol(s, NULL, 10) : 0;

	return n > 0 && n < SHRT_MAX ? (size_t)n : otherwise;
}

void
screen_size(const struct screen *s, size_t *columns, size_t *rows)
{
	struct winsize size = {0};

	(void)ioctl(s->fd, TIOCGWINSZ, &size);
	*columns = size.ws_col > 0 ? size.ws_col : size_from("COLUMNS", 80);
	*rows = size.ws_row > 0 ? size.ws_row : size_from("LINES", 24);
}

bool
screen_changed(struct screen *s)
{
	bool changed = resized || continued;

	/* The shell has written below the picture in the meantime. */
	if (continued)
		screen_keep(s);
	resized = continued = 0;
	return changed;
}

/* Writing without waiting. */

/* Whether fd takes bytes within ms milliseconds. */
static bool
is_ready(struct screen *s, long ms)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};

	if (poll(&p, 1, (int)ms) < 1)
		return false;
	if ((p.revents & (POLLERR | POLLHUP)) != 0)
		s->gone = true;
	return !s->gone;
}

bool
screen_push(struct screen *s)
{
	size_t done = 0, n;
	ssize_t k;

	while (done < s->pending.n && !s->gone && (s->own || is_ready(s, 0))) {
		n = s->pending.n - done;
		if (!s->own && n > ATOMIC)
			n = ATOMIC;
		k = write(s->fd, s->pending.p + done, n);
		if (k > 0)
			done += (size_t)k;
		else if (k == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		else if (k == -1 && errno != EINTR)
			s->gone = true;
	}
	if (s->gone)
		done = s->pending.n;
	s->pending.n -= done;
	if (done > 0 && s->pending.n > 0)
		memmove(s->pending.p, s->pending.p + done, s->pending.n);
	return s->pending.n == 0;
}

void
screen_say(struct screen *s, const char *line, size_t n)
{
	if (s->gone || s->pending.n + n > MAX_PENDING)
		return;
	buf_add(&s->pending, line, n);
	buf_addc(&s->pending, '\n');
	(void)screen_push(s);
}

void
screen_wait(struct screen *s, long ms)
{
	long long end = when_now() + ms, left = ms;

	/* It can be ready and still take nothing, while another one writes. */
	while (left > 0 && !(is_ready(s, (long)left) && screen_push(s)))
		left = s->gone ? 0 : end - when_now();
}

/* Pictures. */

/* Whether a frame can be begun. */
static bool
may_draw(struct screen *s)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	/* Of a terminal that is not ours there is no foreground to be in. */
	if (group != -1 && group != getpgrp())
		return false;
	return screen_push(s) && is_ready(s, 0);
}

/* The rows that the picture takes up in a terminal as wide as it is now. */
static size_t
rows_standing(const struct screen *s)
{
	size_t columns, rows, n = 0, i;

	screen_size(s, &columns, &rows);
	for (i = 0; i < s->nlines; i++)
		n += s->reflows && s->widths[i] > columns ?
		    (s->widths[i] + columns - 1) / columns : 1;
	return n < rows ? n : rows - 1;
}

/* Goes to where the picture begins. */
static void
go_up(struct screen *s)
{
	size_t n = rows_standing(s);

	buf_addc(&s->pending, '\r');
	if (n > 0)
		buf_printf(&s->pending, "\033[%zuA", n);
	s->note = false;
}

bool
screen_draw(struct screen *s, const struct screen_line *lines, size_t n)
{
	size_t i;

	if (!may_draw(s))
		return false;
	go_up(s);
	if (n > s->cap) {
		s->cap = n;
		s->widths = mem_resize(s->widths, n, sizeof(*s->widths));
	}
	for (i = 0; i < n; i++) {
		buf_add(&s->pending, lines[i].text.p, lines[i].text.n);
		buf_adds(&s->pending, "\033[K\r\n");
		s->widths[i] = lines[i].width;
	}
	s->nlines = n;
	buf_adds(&s->pending, "\033[J");
	(void)screen_push(s);
	return true;
}

void
screen_note(struct screen *s, const char *text, size_t n)
{
	if ((n == 0 && !s->note) || !may_draw(s))
		return;
	s->note = n > 0;
	buf_addc(&s->pending, '\r');
	buf_add(&s->pending, text, n);
	buf_adds(&s->pending, "\033[K\r");
	(void)screen_push(s);
}

void
screen_erase(struct screen *s)
{
	if (s->nlines == 0 || !may_draw(s))
		return;
	go_up(s);
	buf_adds(&s->pending, "\033[J");
	s->nlines = 0;
	(void)screen_push(s);
}

void
screen_keep(struct screen *s)
{
	s->nlines = 0;
	s->note = false;
}

bool
screen_stands(const struct screen *s)
{
	return s->nlines > 0;
}

void
screen_close(struct screen *s, bool wait)
{
	if (wait && !s->gone && s->pending.n > 0)
		(void)fd_write(s->fd, s->pending.p, s->pending.n);
	if (s->own)
		close(s->fd);
	buf_free(&s->pending);
	free(s->widths);
	*s = (struct screen){0};
}
