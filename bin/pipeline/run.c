#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "config.h"
#include "diag.h"
#include "ending.h"
#include "fd.h"
#include "run.h"
#include "screen.h"
#include "when.h"

enum {
	BY_SIGPIPE = 128 + SIGPIPE,
	LIVES_ON = 300,	/* ms: what a stage said before was no last word */
	GRACE = 200,	/* ms that are left when the reader is gone: it may have been
			   the answer's last line that he went with */
	FIRST = 2000, TICK = 1000, MINUTE = 60,	/* of the line, in ms and in seconds */
};

struct stage *
run_add(struct run *r, const char *tool, const struct opt_words *args)
{
	struct stage *s = &r->stages[r->n++];

	*s = (struct stage){.tool = tool, .args = args, .err = -1};
	return s;
}

void
run_copy(struct run *r, int fd, const char *name)
{
	struct stage *s = &r->stages[r->n - 1];

	if (s->tool != NULL)
		s = run_add(r, NULL, NULL);
	s->files[s->nfiles++] = (struct stage_file){fd, name};
}

/* The line that says that the answer is waited for. */

static struct screen screen;
static long long start, next;
static bool waits;

static void
start_waiting(void)
{
	screen_open(&screen);
	waits = screen.terminal && screen.pictures;
	start = when_now();
	next = start + FIRST;
}

/* Shows what is due; the milliseconds until there is more to show, -1: never. */
static int
show_waiting(void)
{
	long long now = when_now();
	long seconds = (long)((now - start) / TICK);
	struct buf text = {0};

	if (!waits)
		return -1;
	(void)screen_push(&screen);
	if (now >= next) {
		buf_printf(&text, "waiting  %ld:%02ld", seconds / MINUTE,
		    seconds % MINUTE);
		screen_note(&screen, text.p, text.n);
		ending_parting("\r\033[K");
		buf_free(&text);
		next = start + (seconds + 1) * (long long)TICK;
	}
	return (int)(next - now);
}

/* Takes it away, for something else to be written there; it comes again. */
static void
hide_waiting(void)
{
	if (!waits)
		return;
	screen_note(&screen, "", 0);
	ending_parting(NULL);
}

static void
end_waiting(void)
{
	hide_waiting();
	if (waits)
		screen_close(&screen, true);
	waits = false;
}

/* Where it waits we stand after the last stage, and see when the answer begins. */
static void
start_all(struct run *r)
{
	int in = STDIN_FILENO, from;
	size_t i;

	for (i = 0; i < r->n; i++) {
		from = stage_start(&r->stages[i], in,
		    i + 1 < r->n || r->waiting ? -1 : r->out);
		if (i > 0)
			close(in);
		in = from;
	}
	r->from = in;
	if (r->from != -1)
		stage_unblock(r->from);
	config_forget("SUPAI_API_KEY");	/* who needs it has it */
}

/* Whether the reader of our output can go, and poll(2) tells of it. */
static bool
is_read(int fd)
{
	struct stat st;

	return fd == STDOUT_FILENO && fstat(fd, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* While they run. */

static int
sooner(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

/*
 * On a terminal a stage's notes are passed on while it lives: that it tries again
 * in a minute is worth nothing after that minute. Returns when to look again.
 */
static int
tell_notes(struct run *r)
{
	long long left;
	int wait = -1;
	size_t i;

	for (i = 0; r->live && i < r->n; i++) {
		if (r->stages[i].err == -1 || r->stages[i].said.n == 0)
			continue;
		left = r->stages[i].heard + LIVES_ON - when_now();
		if (left <= 0) {
			hide_waiting();
			stage_tell(&r->stages[i]);
		} else {
			wait = sooner(wait, (int)left);
		}
	}
	return wait;
}

static void
end_by_reader(void)
{
	end_waiting();
	ending_die(SIGPIPE);
}

/* When to look again whether what the reader left is over by itself. */
static int
look_for_reader(struct run *r, const struct pollfd *fd)
{
	long long left;

	if ((fd->revents & (POLLERR | POLLHUP)) != 0 && r->gone == 0)
		r->gone = when_now();
	if (r->gone == 0)
		return -1;
	left = r->gone + GRACE - when_now();
	if (left <= 0)
		end_by_reader();
	return (int)left;
}

/* Passes on what has come of the answer. */
static void
pass_on(struct run *r)
{
	static char p[1 << 16];
	ssize_t n;

	while (r->from != -1) {
		n = read(r->from, p, sizeof(p));
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0) {
			end_waiting();
			if (fd_write(r->out, p, (size_t)n))
				continue;
			if (errno == EPIPE)
				end_by_reader();
			diag_warn_errno("%s", r->out_name);
			r->failed = true;
		}
		close(r->from);
		r->from = -1;
	}
}

/* Sets what is awaited of whom; false: nothing more. */
static bool
gather(const struct run *r, struct pollfd *fds)
{
	bool more = r->from != -1;
	size_t i;

	for (i = 0; i < r->n; i++) {
		fds[i] = (struct pollfd){r->stages[i].err, POLLIN, 0};
		more = more || fds[i].fd != -1;
	}
	fds[i++] = (struct pollfd){r->from, POLLIN, 0};
	fds[i] = (struct pollfd){
		.fd = r->reader && r->gone == 0 ? STDOUT_FILENO : -1,
	};
	return more;
}

static void
attend(struct run *r)
{
	struct pollfd fds[RUN_STAGES + 2];
	int wait = -1;
	size_t i;

	while (gather(r, fds)) {
		(void)poll(fds, (nfds_t)(r->n + 2), sooner(wait, show_waiting()));
		for (i = 0; i < r->n; i++)
			stage_hear(&r->stages[i]);
		pass_on(r);
		wait = tell_notes(r);
		if (r->reader && r->stages[r->n - 1].err != -1)
			wait = sooner(wait, look_for_reader(r, &fds[r->n + 1]));
	}
}

void
run_go(struct run *r)
{
	size_t i;

	(void)signal(SIGPIPE, SIG_IGN);	/* a write tells of it */
	r->reader = is_read(r->out);
	if (r->waiting)
		start_waiting();
	start_all(r);
	attend(r);
	for (i = 0; i < r->n; i++)
		r->stages[i].status = ending_wait(r->stages[i].pid);
	end_waiting();
}

/* The end. */

static int
worst(const struct run *r, bool alone)
{
	int status = r->failed ? EX_IOERR : 0, one;
	size_t i;

	for (i = 0; i < r->n; i++) {
		one = r->stages[i].status;
		if (one != BY_SIGPIPE && (i == 0 || one != EX_NOINPUT || alone))
			status = diag_worst(status, one);
	}
	return status;
}

int
run_status(struct run *r)
{
	bool died = false, told = false;
	int status = worst(r, false);
	size_t i;

	if (status == 0)
		status = worst(r, true);
	for (i = 0; i < r->n; i++) {
		died = died || r->stages[i].status == BY_SIGPIPE;
		if (r->stages[i].status != 0 &&
		    (told || r->stages[i].status != status))
			continue;
		told = told || r->stages[i].status != 0;
		stage_tell(&r->stages[i]);
	}
	return status == 0 && died ? BY_SIGPIPE : status;
}

void
run_free(struct run *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		buf_free(&r->stages[i].said);
}
