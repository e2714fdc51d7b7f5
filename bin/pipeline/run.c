#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "config.h"
#include "diag.h"
#include "ending.h"
#include "run.h"
#include "waiting.h"
#include "when.h"

enum {
	BY_SIGPIPE = 128 + SIGPIPE,
	LIVES_ON = 300,	/* ms: what a stage said before was no last word */
	GRACE = 200,	/* ms that are left when the reader is gone: it may have been
			   the answer's last line that he went with */
	FDS = RUN_STAGES + 1 + RUN_RELAYS * RELAY_FDS + 1,
};

void
run_init(struct run *r)
{
	*r = (struct run){
		.keep_at = -1, .events_at = -1, .events_fd = -1,
		.beside = {.err = -1}, .out = STDOUT_FILENO,
	};
}

static bool
has_beside(const struct run *r)
{
	return r->beside.tool != NULL;
}

struct stage *
run_add(struct run *r, const char *tool)
{
	r->stages[r->n] = (struct stage){.tool = tool, .err = -1};
	return &r->stages[r->n++];
}

/* Starting. */

static void
close_end(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Starts it between two pipes, or with our own standard input. */
static void
start(struct stage *s, int in, int out)
{
	stage_start(s, in, out);
	close_end(in);
	close_end(out);
}

static struct relay *
add_relay(struct run *r, int from)
{
	struct relay *relay = &r->relays[r->nrelays++];

	relay_open(relay, from);
	return relay;
}

/* The stage that reads the events, too; what it writes is kept. */
static void
start_beside(struct run *r, struct relay *events)
{
	int in[2], out[2];

	stage_pipe(in);
	stage_pipe(out);
	start(&r->beside, in[0], out[1]);
	relay_add(events, RELAY_BESIDE, in[1], NULL);
	add_relay(r, out[0])->copy = &r->result;
}

/* Puts us after the i-th stage, which writes to from; where the next one reads. */
static int
pass_through(struct run *r, int i, int from)
{
	struct relay *relay = add_relay(r, from);
	int ends[2];

	stage_pipe(ends);
	relay_add(relay, RELAY_STAGE, ends[1], NULL);
	if (i == r->keep_at)
		relay->copy = &r->kept;
	if (i == r->events_at && r->events_fd != -1)
		relay_add(relay, RELAY_FILE, r->events_fd, r->events_name);
	if (i == r->events_at && has_beside(r))
		start_beside(r, relay);
	return ends[0];
}

/* The last stage writes to us, and we see when the answer begins. */
static void
start_last(struct run *r, struct stage *s, int in)
{
	int ends[2];

	if (!r->waiting) {
		stage_start(s, in, r->out);
		close_end(in);
		return;
	}
	stage_pipe(ends);
	start(s, in, ends[1]);
	r->last = add_relay(r, ends[0]);
	relay_add(r->last, RELAY_FILE, r->out, r->out_name);
}

static void
start_all(struct run *r)
{
	int in = STDIN_FILENO, ends[2], i, last = (int)r->n - 1;

	for (i = 0; i < last; i++) {
		stage_pipe(ends);
		start(&r->stages[i], in, ends[1]);
		in = ends[0];
		if (i == r->keep_at || (i == r->events_at &&
		    (has_beside(r) || r->events_fd != -1)))
			in = pass_through(r, i, in);
	}
	start_last(r, &r->stages[last], in);
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

static void
tell(struct stage *s)
{
	if (s->said.n == 0)
		return;
	waiting_hide();
	stage_tell(s);
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
		if (left <= 0)
			tell(&r->stages[i]);
		else if (wait == -1 || left < wait)
			wait = (int)left;
	}
	return wait;
}

static void
end_by_reader(void)
{
	waiting_end();
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

static int
sooner(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

static size_t
add_stage(struct pollfd *fds, size_t n, const struct stage *s)
{
	if (s->err != -1)
		fds[n++] = (struct pollfd){.fd = s->err, .events = POLLIN};
	return n;
}

/* All that something is awaited of; 0: nothing more. */
static size_t
gather(struct run *r, struct pollfd *fds)
{
	size_t n = 0, i;

	for (i = 0; i < r->n; i++)
		n = add_stage(fds, n, &r->stages[i]);
	n = add_stage(fds, n, &r->beside);
	for (i = 0; i < r->nrelays; i++)
		n += relay_poll(&r->relays[i], fds + n);
	return n;
}

/* Takes what has come. */
static void
step(struct run *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		stage_hear(&r->stages[i]);
	stage_hear(&r->beside);
	for (i = 0; i < r->nrelays; i++) {
		if (!relay_step(&r->relays[i]))
			continue;
		if (&r->relays[i] == r->last && r->last->passed > 0)
			waiting_end();
		while (relay_step(&r->relays[i]))
			;
	}
	if (r->last != NULL && r->last->error == EPIPE)
		end_by_reader();
}

static void
attend(struct run *r)
{
	struct pollfd fds[FDS];
	int wait = -1;
	size_t n;

	while ((n = gather(r, fds)) > 0) {
		fds[n] = (struct pollfd){.fd = STDOUT_FILENO};
		(void)poll(fds, (nfds_t)(n + (r->reader && r->gone == 0)),
		    sooner(wait, r->waiting ? waiting_show() : -1));
		step(r);
		wait = tell_notes(r);
		if (r->reader && r->stages[r->n - 1].err != -1)
			wait = sooner(wait, look_for_reader(r, &fds[n]));
	}
}

void
run_go(struct run *r)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};	/* a write tells of it */
	size_t i;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGPIPE, &sa, NULL);
	r->reader = is_read(r->out);
	if (r->waiting)
		waiting_start();
	start_all(r);
	attend(r);
	for (i = 0; i < r->n; i++)
		stage_wait(&r->stages[i]);
	if (has_beside(r))
		stage_wait(&r->beside);
	waiting_end();
}

/* The end. */

/* Its part in the status of all. */
static int
counts_as(const struct run *r, size_t i, bool alone)
{
	int status = r->stages[i].status;

	if (status == BY_SIGPIPE || (i > 0 && status == EX_NOINPUT && !alone))
		return 0;
	return status;
}

static int
worst(const struct run *r, bool alone)
{
	int status = 0;
	size_t i;

	for (i = 0; i < r->n; i++)
		status = diag_worst(status, counts_as(r, i, alone));
	for (i = 0; i < r->nrelays; i++)
		if (r->relays[i].error != 0)
			status = diag_worst(status, EX_IOERR);
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
		stage_free(&r->stages[i]);
	stage_free(&r->beside);
	buf_free(&r->kept);
	buf_free(&r->result);
}
