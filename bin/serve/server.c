#define _GNU_SOURCE	/* POLLRDHUP */
#include <sys/wait.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "answer.h"
#include "diag.h"
#include "endpoint.h"
#include "fd.h"
#include "front.h"
#include "mem.h"
#include "server.h"
#include "when.h"

enum {
	SPARE_FILES = 64,	/* descriptors that are neither of these: */
	ANSWER_FILES = 4,	/* pipes and the request of an answer, */
	SPARE_CONNS = 512,	/* connections without an answer or a place in the queue */
	FEWEST_CONNS = 16,
	PAUSE = 100,		/* ms without new connections, where there is no room */
	FLUSH = 1000,		/* ms for what is left to be sent at the end */
};

/* That a client sends no more, known also where bytes wait before that end. */
#ifdef POLLRDHUP
enum { SENDS_NO_MORE = POLLRDHUP };
#else
enum { SENDS_NO_MORE = 0 };
#endif

struct server {
	const struct server_options	*o;
	struct front	 front;
	size_t		 most;		/* connections */
	long long	 pause_until;	/* no connections are taken; 0: they are */
	long long	 flush_until;	/* nothing runs, ends are sent; 0: not yet */
	struct answer	**answers;	/* those that run; owned */
	size_t		 n;
	struct pollfd	*fds;
	size_t		 nfds, fds_cap;
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
	wake[0] = s->front.shared.wake[0];
	wake[1] = s->front.shared.wake[1];
	handle(SIGPIPE, SIG_IGN);
	handle(SIGCHLD, on_child);
	if (s->o->guest) {
		endpoint_pass_on();
		return;
	}
	handle(SIGINT, on_end_signal);
	handle(SIGTERM, on_end_signal);
}

/* What to wait for */

static size_t
watch(struct server *s, int fd, short events)
{
	if (s->nfds == s->fds_cap)
		s->fds = mem_more(s->fds, &s->fds_cap, sizeof(*s->fds));
	s->fds[s->nfds] = (struct pollfd){.fd = fd, .events = events};
	return s->nfds++;
}

/* Whether x takes more of its answer; where not, it wakes when it does. */
static bool
has_room(struct exchange *x)
{
	x->full = x->out.n - x->at >= EXCHANGE_ROOM;
	return !x->full;
}

static void
watch_answer(struct server *s, struct answer *a)
{
	a->room = a->x == NULL || has_room(a->x);
	watch(s, a->process.in, POLLOUT);
	watch(s, a->room ? a->process.out : -1, POLLIN);
	watch(s, a->process.err, POLLIN);
}

static void
watch_client(struct server *s, struct exchange *x)
{
	x->polled = watch(s, x->conn->fd,
	    x->chatty ? SENDS_NO_MORE : SENDS_NO_MORE | POLLIN);
}

/* In this order: the waker, listeners, answers' pipes, clients. With the lock held. */
static void
watch_all(struct server *s)
{
	bool takes = !s->front.shared.closing && s->pause_until == 0 &&
	    s->front.nconns < s->most;
	struct exchange *x;
	size_t i;

	s->nfds = 0;
	watch(s, wake[0], POLLIN);
	for (i = 0; i < s->o->nlisteners; i++)
		watch(s, takes ? s->o->listeners[i] : -1, POLLIN);
	for (i = 0; i < s->n; i++)
		watch_answer(s, s->answers[i]);
	for (i = 0; i < s->n; i++)
		if (s->answers[i]->x != NULL)
			watch_client(s, s->answers[i]->x);
	for (x = s->front.queue; x != NULL; x = x->next)
		watch_client(s, x);
}

/* How long poll(2) may wait. With the lock held. */
static int
wait_ms(const struct server *s)
{
	long long due = when_sooner(s->flush_until, s->pause_until);
	size_t i;

	due = when_sooner(due, front_due(&s->front));
	for (i = 0; i < s->n; i++)
		due = when_sooner(due, answer_due(s->answers[i]));
	return when_left(due);
}

/* Answers */

/* The pipes of the i-th answer, as poll(2) found them. */
static const struct pollfd *
pipes(const struct server *s, size_t i)
{
	return &s->fds[1 + s->o->nlisteners + 3 * i];
}

/* n answers run now, which leaves the others' places to the queue. */
static void
set_n(struct server *s, size_t n)
{
	s->n = n;
	s->front.room = s->o->jobs + s->o->queue - n;
}

/* Forgets the answers of which nothing is left. With the lock held. */
static void
clear_away(struct server *s)
{
	struct answer *a;
	size_t i, kept = 0;

	for (i = 0; i < s->n; i++) {
		a = s->answers[i];
		if (a->x != NULL || !a->process.gone) {
			s->answers[kept++] = a;
			continue;
		}
		answer_free(a);
		free(a);
	}
	set_n(s, kept);
}

/* An answer for the next in the queue, not started yet; NULL: none may begin. */
static struct answer *
next_answer(struct server *s)
{
	struct exchange *x = NULL;
	struct answer *a;

	if (s->n < s->o->jobs)
		x = front_next(&s->front);
	if (x == NULL)
		return NULL;
	a = mem_zero(1, sizeof(*a));
	a->x = x;
	x->waiter = &a->x;
	a->body = x->body;
	spool_start(&x->body);
	s->answers = mem_room(s->answers, s->n, sizeof(struct answer *));
	s->answers[s->n] = a;
	set_n(s, s->n + 1);
	return a;
}

/* The answer, the last one, cannot be started. With the lock held. */
static void
give_up(struct server *s, struct answer *a)
{
	struct exchange *x = a->x;

	diag_warn_errno("sh");
	if (x != NULL) {
		exchange_leave(x);
		exchange_fail(x, 500);
	}
	answer_free(a);
	free(a);
	set_n(s, s->n - 1);
}

/* Starts what may begin; starting takes its time, in which nobody waits for us. */
static void
start_answers(struct server *s)
{
	struct exchange_shared *shared = &s->front.shared;
	struct answer *a;
	bool ok;

	pthread_mutex_lock(&shared->lock);
	while ((a = next_answer(s)) != NULL) {
		pthread_mutex_unlock(&shared->lock);
		if (s->o->max_time != 0)
			a->due = when_now() + s->o->max_time;
		ok = process_start(&a->process, s->o->answer, a->body.file);
		pthread_mutex_lock(&shared->lock);
		if (!ok)
			give_up(s, a);
	}
	pthread_mutex_unlock(&shared->lock);
}

/* Clients */

/* Whether the client has gone, or sends no more: its answer is for nobody. */
static bool
has_gone(struct server *s, struct exchange *x)
{
	int what = x->polled != 0 ? s->fds[x->polled].revents : 0;

	if ((what & (POLLERR | POLLHUP | POLLNVAL | SENDS_NO_MORE)) != 0)
		return true;
	if ((what & POLLIN) == 0)
		return false;
	/* If not, that is its next request: no use to look again. */
	x->chatty = !fd_gone(x->conn->fd);
	return !x->chatty;
}

static void
look_at(struct server *s, struct exchange *x)
{
	if (!has_gone(s, x))
		return;
	x->gone = true;
	front_remove(&s->front, x);
	exchange_leave(x);
	exchange_go_on(x);
}

/* With the lock held. */
static void
look_at_clients(struct server *s)
{
	struct exchange *x, *next;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->answers[i]->x != NULL)
			look_at(s, s->answers[i]->x);
	for (x = s->front.queue; x != NULL; x = next) {
		next = x->next;
		look_at(s, x);
	}
}

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

	if (s->front.shared.closing)
		return;
	s->front.shared.closing = true;
	for (i = 0; i < s->o->nlisteners; i++)
		close(s->o->listeners[i]);
	front_shut_idle(&s->front);
}

/* Ends what is at work. With the lock held. */
static void
end_all(struct server *s)
{
	struct exchange *x;
	size_t i;

	close_front(s);
	if (s->front.ending)
		return;
	s->front.ending = true;
	while ((x = front_next(&s->front)) != NULL)
		exchange_fail(x, 503);
	for (i = 0; i < s->n; i++)
		process_end(&s->answers[i]->process, when_now());
}

static struct answer *
answer_of(const struct server *s, pid_t pid)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->answers[i]->process.pid == pid)
			return s->answers[i];
	return NULL;
}

/* The children that have ended, each seen before it is reaped. With the lock held. */
static void
see_children(struct server *s)
{
	struct answer *a;
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
		    info.si_pid == 0)
			return;
		a = answer_of(s, info.si_pid);
		if (a != NULL)
			process_reap(&a->process, when_now());
		else if (endpoint_ended(&s->status, WNOHANG))
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
	if (!s->front.shared.closing || s->n > 0 || s->front.nqueue > 0)
		return false;
	if (s->front.nexchanges == 0)
		return true;
	if (s->front.ending && s->flush_until == 0)
		s->flush_until = now + FLUSH;
	return s->flush_until != 0 && now >= s->flush_until;
}

/* The loop */

/* What happened to connections, clients, children and pipes. */
static void
see_all(struct server *s, long long now)
{
	pthread_mutex_t *lock = &s->front.shared.lock;
	size_t i;

	take_connections(s);
	pthread_mutex_lock(lock);
	look_at_clients(s);
	see_signals(s);
	pthread_mutex_unlock(lock);
	for (i = 0; i < s->n; i++)
		answer_tend(s->answers[i], pipes(s, i), now);
	pthread_mutex_lock(lock);
	for (i = 0; i < s->n; i++)
		answer_tell(s->answers[i], now);
	clear_away(s);
	front_cut_late(&s->front, now);
	pthread_mutex_unlock(lock);
}

/* One turn: waits, and does what there is to do. False: all is done. */
static bool
turn(struct server *s)
{
	pthread_mutex_t *lock = &s->front.shared.lock;
	long long now;
	bool finished;
	int ms;

	pthread_mutex_lock(lock);
	watch_all(s);
	ms = wait_ms(s);
	finished = is_finished(s, when_now());
	pthread_mutex_unlock(lock);
	if (finished)
		return false;
	(void)poll(s->fds, (nfds_t)s->nfds, ms);	/* EINTR: nothing was found */
	now = when_now();
	fd_drain(wake);
	if (now >= s->pause_until)
		s->pause_until = 0;
	see_all(s, now);
	start_answers(s);
	return true;
}

/* How many connections there may be; the limit of open files is raised for them. */
static size_t
set_limits(const struct server_options *o)
{
	size_t others = SPARE_FILES + ANSWER_FILES * o->jobs;
	size_t conns = o->jobs + o->queue + SPARE_CONNS;
	size_t limit = fd_limit(others + conns);

	return limit > others + FEWEST_CONNS ? limit - others : FEWEST_CONNS;
}

int
server_run(const struct server_options *o, const sigset_t *mask)
{
	struct server s = {.o = o};

	s.front.door = &o->door;
	s.front.log = o->log;
	set_n(&s, 0);
	s.most = set_limits(o);
	front_start(&s.front, s.most);
	watch_signals(&s);
	sigprocmask(SIG_SETMASK, mask, NULL);
	while (turn(&s))
		;
	front_stop(&s.front);
	free(s.answers);
	free(s.fds);
	if (s.front.log_failed)
		return diag_worst(s.status, EX_IOERR);
	return s.status;
}
