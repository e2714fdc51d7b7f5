#include <sys/wait.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "diag.h"
#include "endpoint.h"
#include "fd.h"
#include "front.h"
#include "mem.h"
#include "server.h"
#include "when.h"

enum {
	SPARE_FILES = 64,	/* descriptors that are none of these: */
	CONN_FILES = 2,		/* of a connection: it, its request's file or pipe, */
	WAIT_FILES = 2,		/* of an answer that runs or waits: the waker, */
	RUN_FILES = 2,		/* of one that runs: two pipes */
	SPARE_CONNS = 512,	/* connections without an answer or a place in the queue */
	FEWEST_CONNS = 16,
	PAUSE = 100,		/* ms without new connections, where there is no room */
	FLUSH = 1000,		/* ms for what is left to be sent at the end */
};

struct server {
	const struct server_options	*o;
	struct front	 front;
	size_t		 most;		/* connections */
	long long	 pause_until;	/* no connections are taken; 0: they are */
	long long	 flush_until;	/* nothing runs, ends are sent; 0: not yet */
	struct pollfd	*fds;		/* the waker, then the listeners; owned */
	int		 status;	/* the command's */
};

/* Signals */

static int wake[2];		/* the server's, for the handlers */
static volatile sig_atomic_t ends_told, child_ended;

static void
on_end_signal(int sig)
{
	(void)sig;
	ends_told = ends_told + 1;
	fd_wake(wake);
}

static void
on_child(int sig)
{
	(void)sig;
	child_ended = 1;
	fd_wake(wake);
}

static void
handle(int sig, void (*f)(int))
{
	struct sigaction sa = {.sa_handler = f, .sa_flags = SA_RESTART};

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

void
server_prepare(sigset_t *mask)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGCHLD);
	sigprocmask(SIG_BLOCK, &held, mask);
	handle(SIGCHLD, SIG_DFL);	/* its parent may have ignored it */
}

static void
watch_signals(const struct server *s)
{
	wake[0] = s->front.wake[0];
	wake[1] = s->front.wake[1];
	handle(SIGPIPE, SIG_IGN);
	handle(SIGCHLD, on_child);
	if (s->o->guest) {
		endpoint_pass_on();
		return;
	}
	handle(SIGINT, on_end_signal);
	handle(SIGTERM, on_end_signal);
}

/* Answers, with the lock held */

static void
begin(struct server *s, struct answer *a)
{
	if (process_start(&a->process, s->o->answer, a->input)) {
		a->state = ANSWER_RUNS;
		if (s->o->max_time != 0)
			a->process.due = when_now() + s->o->max_time;
	} else {
		diag_warn_errno("sh");
		a->state = ANSWER_FAILED;
	}
	fd_wake(a->wake);
}

/* Begins those whose turn it is. */
static void
begin_answers(struct server *s)
{
	struct answer *a;
	size_t n = 0;

	for (a = s->front.answers; a != NULL && n < s->o->jobs; a = a->next) {
		if (a->state == ANSWER_WAITS)
			begin(s, a);
		n += !a->process.gone;
	}
}

/* Tends them all, and forgets those of which nothing is left. */
static void
tend_answers(struct front *f, long long now)
{
	struct answer **at = &f->answers, *a;

	while ((a = *at) != NULL) {
		process_tend(&a->process, now);
		if (a->process.late && a->state == ANSWER_RUNS)
			fd_wake(a->wake);
		if (a->state != ANSWER_LEFT || !a->process.gone) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		free(a);
		f->nanswers--;
	}
	f->end = at;
}

/* When there is something to do, though nothing wakes us; 0: never. */
static long long
next_due(const struct server *s, long long now)
{
	long long due = when_sooner(s->flush_until, s->pause_until);
	const struct answer *a;

	due = when_sooner(due, front_due(&s->front, now));
	for (a = s->front.answers; a != NULL; a = a->next)
		due = when_sooner(due, process_due(&a->process));
	return due;
}

/* Connections */

static void
take_connections(struct server *s)
{
	size_t i;

	for (i = 0; i < s->o->nlisteners; i++)
		if (s->fds[1 + i].revents != 0 &&
		    !front_accept(&s->front, s->o->listeners[i]))
			s->pause_until = when_now() + PAUSE;
}

/* The end */

/* Takes no new requests. With the lock held. */
static void
close_front(struct server *s)
{
	size_t i;

	if (s->front.closing)
		return;
	s->front.closing = true;
	for (i = 0; i < s->o->nlisteners; i++)
		close(s->o->listeners[i]);
	front_shut_idle(&s->front);
}

/* Ends what is at work. With the lock held. */
static void
end_all(struct server *s)
{
	struct answer *a;

	close_front(s);
	s->front.ending = true;
	for (a = s->front.answers; a != NULL; a = a->next) {
		process_end(&a->process, when_now());
		if (a->state != ANSWER_WAITS)
			continue;
		a->state = ANSWER_REFUSED;
		fd_wake(a->wake);
	}
}

/* It is reaped, and who waits for it is told. */
static bool
end_answer(struct server *s, pid_t pid)
{
	struct answer *a = s->front.answers;

	/* The number of one that was reaped may be another's by now. */
	while (a != NULL && (a->process.pid != pid || a->process.ended))
		a = a->next;
	if (a == NULL)
		return false;
	process_reap(&a->process, when_now());
	if (a->state == ANSWER_RUNS)
		fd_wake(a->wake);
	return true;
}

/* The children that have ended, each seen before it is reaped. With the lock held. */
static void
see_children(struct server *s)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
		    info.si_pid == 0)
			return;
		if (end_answer(s, info.si_pid))
			continue;
		if (endpoint_ended(&s->status, WNOHANG))
			end_all(s);
		else	/* one that this process had before it was this program */
			waitpid(info.si_pid, NULL, WNOHANG);
	}
}

/* With the lock held. */
static void
see_signals(struct server *s)
{
	if (child_ended != 0) {
		child_ended = 0;
		see_children(s);
	}
	if (ends_told > 0)
		close_front(s);
	if (ends_told > 1)
		end_all(s);
}

/* Whether all is done. With the lock held. */
static bool
is_finished(struct server *s, long long now)
{
	const struct answer *a = s->front.answers;

	while (a != NULL && a->process.gone && a->state != ANSWER_WAITS)
		a = a->next;
	if (!s->front.closing || a != NULL)
		return false;
	if (s->front.nexchanges == 0)
		return true;
	if (s->front.ending && s->flush_until == 0)
		s->flush_until = now + FLUSH;
	return s->flush_until != 0 && now >= s->flush_until;
}

/* The loop */

/* Sets what to wait for. With the lock held. */
static void
watch(struct server *s)
{
	bool takes = !s->front.closing && s->pause_until == 0 &&
	    s->front.nconns < s->most;
	size_t i;

	s->fds[0] = (struct pollfd){wake[0], POLLIN, 0};
	for (i = 0; i < s->o->nlisteners; i++)
		s->fds[1 + i] = (struct pollfd){takes ? s->o->listeners[i] : -1,
		    POLLIN, 0};
}

/* One turn: does what there is to do, and waits for more. False: all is done. */
static bool
turn(struct server *s)
{
	long long now = when_now(), due;
	bool finished;

	if (now >= s->pause_until)
		s->pause_until = 0;
	pthread_mutex_lock(&s->front.lock);
	see_signals(s);
	tend_answers(&s->front, now);
	begin_answers(s);
	front_cut_late(&s->front, now);
	finished = is_finished(s, now);
	watch(s);
	due = next_due(s, now);
	pthread_mutex_unlock(&s->front.lock);
	if (finished)
		return false;
	/* EINTR: nothing was found. */
	(void)poll(s->fds, (nfds_t)(1 + s->o->nlisteners), when_left(due));
	fd_drain(wake);
	take_connections(s);
	return true;
}

static size_t
lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The most descriptors that there are with so many connections. */
static size_t
files_of(const struct server_options *o, size_t conns)
{
	return SPARE_FILES + CONN_FILES * conns +
	    WAIT_FILES * lesser(conns, o->jobs + o->queue) +
	    RUN_FILES * lesser(conns, o->jobs);
}

/* How many connections there may be; the limit of open files is raised for them. */
static size_t
set_limits(const struct server_options *o)
{
	size_t conns = o->jobs + o->queue + SPARE_CONNS;
	size_t limit = fd_limit(files_of(o, conns));

	while (conns > FEWEST_CONNS && files_of(o, conns) > limit)
		conns--;
	return conns;
}

int
server_run(const struct server_options *o, const sigset_t *mask)
{
	struct server s = {.o = o};

	s.front.door = &o->door;
	s.front.log = o->log;
	s.front.most_answers = o->jobs + o->queue;
	s.fds = mem_zero(1 + o->nlisteners, sizeof(*s.fds));
	s.most = set_limits(o);
	front_start(&s.front, s.most);
	watch_signals(&s);
	sigprocmask(SIG_SETMASK, mask, NULL);
	while (turn(&s))
		;
	front_stop(&s.front);
	tend_answers(&s.front, 0);
	free(s.fds);
	if (s.front.log_failed)
		return diag_worst(s.status, EX_IOERR);
	return s.status;
}
