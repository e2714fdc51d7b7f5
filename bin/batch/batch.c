#include <sys/resource.h>

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "batch.h"
#include "diag.h"
#include "feed.h"
#include "interrupt.h"
#include "io.h"
#include "mem.h"
#include "now.h"
#include "order.h"
#include "outcome.h"
#include "pace.h"
#include "progress.h"
#include "result.h"
#include "retry.h"
#include "store.h"
#include "timers.h"

enum {
	TURN = 256,		/* lines that are read before transfers go on */
	SPARE_FILES = 64,	/* descriptors beside those of connections */
	AHEAD = 4,		/* --ordered: results held, for each at once */
	REFUSED = 8,		/* refusals in a row that end a batch, where some
				   request may have been refused for itself */
};

/* A request from when it is read until its result is there. */
struct job {
	struct task	 task;
	unsigned long	 number;	/* of order */
	unsigned	 tries;
	long long	 first, deadline;
	struct job	*next;		/* of the idle ones */
};

/* What one request at a time is sent with; its memory is used again. */
struct lane {
	struct http_exchange	 x;
	struct answer		 answer;
	struct job		*job;
	struct lane		*next;	/* of the idle ones */
};

struct batch {
	const struct batch_options *o;
	struct client	*client;
	struct feed	 feed;
	struct idset	 ids;
	struct store	 store;
	struct order	 order;
	struct pace	 pace;
	struct timers	 waiting;	/* jobs that will be tried again */
	struct lane	*lanes, *idle_lanes;
	unsigned	 active;
	struct job	*idle_jobs;
	struct outcome	 outcome;
	struct buf	 line;		/* a result */
	bool		 starved;	/* it is input that is waited for */
	bool		 busy;		/* there is more to do at once */
	struct progress_count count;
	unsigned long	 left;		/* read, and not asked to an end */
	long long	 heard;		/* when a response came last */
	unsigned	 refused;	/* 77s in a row */
	bool		 ending, at_once; /* no more requests; no more waiting */
	int		 signal;
	int		 stop_status;	/* why it is ending, where no signal is */
	struct buf	 stop_why, first_failure;
};

/* What came of a try. */
struct end {
	int		 status;	/* 0: a success */
	bool		 retry;
	long		 wait_ms;	/* as the server asks; -1: it does not */
	const char	*message;	/* borrowed */
};

/* Jobs. */

static struct job *
new_job(struct batch *b)
{
	struct job *job = b->idle_jobs;

	if (job == NULL)
		return mem_zero(1, sizeof(*job));
	b->idle_jobs = job->next;
	job->tries = 0;
	job->first = job->deadline = 0;
	return job;
}

static void
write_result(struct batch *b, bool success, const struct buf *line)
{
	store_add(&b->store, success, line->p, line->n);
}

/* The result is in b->line, or there is none; the job is done with. */
static void
end_job(struct batch *b, struct job *job, bool success)
{
	struct order_result r = {.line = b->line, .success = success};

	job->next = b->idle_jobs;
	b->idle_jobs = job;
	if (!b->o->ordered) {
		if (b->line.n > 0)
			write_result(b, success, &b->line);
		buf_clear(&b->line);
		return;
	}
	b->line = (struct buf){0};
	order_put(&b->order, job->number, &r);
	while (order_next(&b->order, &r)) {
		if (r.line.n > 0)
			write_result(b, r.success, &r.line);
		buf_free(&r.line);
	}
}

/* It was read, but will not be asked to an end by this run. */
static void
leave_job(struct batch *b, struct job *job)
{
	b->left++;
	end_job(b, job, false);
}

static void
put_failure(struct batch *b, struct job *job, struct result *r)
{
	r->task = &job->task;
	b->count.failed++;
	if (b->count.failed == 1 && r->line > 0)
		buf_adds(&b->first_failure, r->message);
	else if (b->count.failed == 1)
		buf_printf(&b->first_failure, "%s: %s",
		    buf_string(&job->task.id), r->message);
	result_add(r, &b->line);
	end_job(b, job, false);
}

/* A line of the input that is no task. */
static void
put_bad_line(struct batch *b, struct job *job)
{
	struct result r = {
		.code = job->task.code,
		.message = buf_string(&job->task.why),
		.line = b->feed.in.line,
	};

	put_failure(b, job, &r);
}

/* The next job of the input; NULL when there is none to be had now. */
static struct job *
read_job(struct batch *b)
{
	struct job *job = new_job(b);
	enum feed_got got = FEED_SKIP;
	int i;

	for (i = 0; i < TURN && got != FEED_TASK; i++) {
		if (b->o->ordered && order_full(&b->order))
			break;
		got = feed_next(&b->feed, &job->task);
		if (got == FEED_END || got == FEED_WAIT)
			break;
		if (got == FEED_SKIP)
			continue;
		if (b->o->ordered)
			job->number = order_number(&b->order);
		if (got == FEED_TASK)
			return job;
		put_bad_line(b, job);
		job = new_job(b);
	}
	b->starved = got == FEED_WAIT;
	b->busy = i == TURN;
	job->next = b->idle_jobs;
	b->idle_jobs = job;
	return NULL;
}

/* Sending. */

static bool
take_bytes(struct http_exchange *x, const char *p, size_t n)
{
	struct lane *lane = x->arg;

	return answer_feed(&lane->answer, p, n);
}

static void
start(struct batch *b, struct job *job, long long now)
{
	struct lane *lane = b->idle_lanes;

	b->idle_lanes = lane->next;
	b->active++;
	lane->job = job;
	job->tries++;
	if (job->first == 0) {
		job->first = now;
		if (b->client->max_ms > 0)
			job->deadline = now + b->client->max_ms;
	}
	lane->x.body = job->task.body.p;
	lane->x.body_len = job->task.body.n;
	lane->x.deadline = job->deadline;
	answer_start(&lane->answer, b->o->max);
	pace_start(&b->pace, now);
	http_start(b->client->http, &lane->x);
}

/* Starts what may be started now. */
static void
fill(struct batch *b)
{
	struct job *job;
	long long now;
	int i;

	b->starved = b->busy = false;
	for (i = 0; i < TURN && !b->ending; i++) {
		now = now_ms();
		if (pace_wait(&b->pace, now, b->active) != 0)
			return;
		job = timers_next(&b->waiting, now);
		/* As many may wait for another try as may be under way. */
		if (job == NULL && b->waiting.n < b->o->jobs)
			job = read_job(b);
		if (job == NULL)
			return;
		start(b, job, now);
	}
	b->busy = i == TURN;
}

/* Ends of tries. */

static bool
is_good(const struct http_exchange *x)
{
	return x->status >= 200 && x->status < 300;
}

/* Where the response was good, the answer in it counts, then the transfer. */
static struct end
judge(struct batch *b, struct lane *lane)
{
	const struct answer *a = &lane->answer;
	const struct outcome *o = &b->outcome;
	struct end e;

	outcome_of(&lane->x, &b->outcome);
	answer_end(&lane->answer);
	e = (struct end){o->status, o->retry, o->wait_ms,
	    buf_string(&b->outcome.message)};
	if (!is_good(&lane->x))
		return e;
	if (o->status == 0 || lane->x.stopped || (a->done && a->status == 0)) {
		e.status = a->status;
		e.message = buf_string(&lane->answer.why);
	}
	e.retry = lane->x.limit != HTTP_DEADLINE && (e.status == EX_UNAVAILABLE
	    || e.status == EX_TEMPFAIL || e.status == EX_PROTOCOL);
	return e;
}

static const char *
code_of(const struct http_exchange *x, int status, struct buf *code)
{
	if (x->status > 0 && !is_good(x)) {
		buf_printf(code, "http_%ld", x->status);
		return buf_string(code);
	}
	switch (status) {
	case EX_NOANSWER:
		return "no_answer";
	case EX_DATAERR:
		return "too_long";
	case EX_TEMPFAIL:
		return x->status > 0 && x->limit == HTTP_NO_LIMIT ?
		    "rate_limit" : "timeout";
	case EX_PROTOCOL:
		return "broken_response";
	case EX_NOPERM:
		return "refused";
	default:
		return x->status > 0 ? "service_error" : "unreachable";
	}
}

/* The body of a response that was no success, in out: its JSON on one line, or
 * its text as a string. */
static struct json
error_body(const struct http_exchange *x, struct buf *out)
{
	struct json_fault fault;
	struct json v;
	size_t i;

	if (x->error.n == 0)
		return (struct json){0};
	if (json_parse(x->error.p, x->error.n, &v, &fault)) {
		buf_add(out, v.p, v.n);
		for (i = 0; i < out->n; i++)	/* in strings there are none */
			if (out->p[i] == '\n' || out->p[i] == '\r')
				out->p[i] = ' ';
	} else {
		json_quote(out, x->error.p, x->error.n);
	}
	return (struct json){out->p, out->n};
}

static void
put_end(struct batch *b, struct lane *lane, const struct end *e)
{
	const struct answer *a = &lane->answer;
	struct buf code = {0}, quoted = {0};
	struct result r = {
		.status = lane->x.status,
		.request_id = &lane->x.said.request_id,
		.body = is_good(&lane->x) ? (struct json){a->body.p, a->body.n} :
		    error_body(&lane->x, &quoted),
		.code = code_of(&lane->x, e->status, &code),
		.message = e->message,
	};

	put_failure(b, lane->job, &r);
	buf_free(&code);
	buf_free(&quoted);
}

static void
put_success(struct batch *b, struct lane *lane)
{
	struct result r = {
		.task = &lane->job->task,
		.status = lane->x.status,
		.request_id = &lane->x.said.request_id,
		.body = {lane->answer.body.p, lane->answer.body.n},
	};
	struct end e = {.status = EX_DATAERR,
	    .message = "the result is too long (--max-record)"};

	b->count.prompt_tokens += lane->answer.prompt_tokens;
	b->count.completion_tokens += lane->answer.completion_tokens;
	result_add(&r, &b->line);
	if (b->line.n > b->o->max) {
		buf_free(&b->line);
		buf_free(&lane->answer.body);
		put_end(b, lane, &e);
		return;
	}
	b->count.answered++;
	end_job(b, lane->job, true);
}

/* No more requests: what makes the others fail as well has happened. */
static void
stop(struct batch *b, int status, const char *why)
{
	if (b->ending)
		return;
	b->ending = true;
	b->stop_status = status;
	buf_adds(&b->stop_why, why);
}

/*
 * Whether a try that failed, and all else since its request was first sent, had
 * nothing of the service. Where a limit of time ended it on a connection that
 * stood, it is that request that takes long.
 */
static bool
is_silence(const struct batch *b, const struct lane *lane)
{
	const struct http_exchange *x = &lane->x;

	return x->status == 0 && x->proxy_status == 0 &&
	    b->heard < lane->job->first &&
	    !(x->connected && x->limit != HTTP_NO_LIMIT);
}

/* Whether a failure that is no request's own is now sure to be everyone's. */
static void
stop_if_hopeless(struct batch *b, const struct lane *lane, const struct end *e)
{
	long status = lane->x.status;
	bool of_all = status != 403 &&
	    (status != 401 || b->count.answered == 0);

	if (e->status == EX_NOPERM && (of_all || b->refused >= REFUSED))
		stop(b, EX_NOPERM, e->message);
	else if (e->wait_ms > RETRY_MAX_WAIT && e->status == EX_TEMPFAIL)
		stop(b, EX_TEMPFAIL, e->message);
	else if (is_silence(b, lane))
		stop(b, e->status, e->message);
}

static long
random_backoff(unsigned tries)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return retry_backoff(tries, (unsigned)t.tv_nsec / 16 ^
	    (unsigned)getpid() << 16);
}

/* A 429 slows the whole batch; only when that cannot get slower, it is a try. */
static void
slow_down(struct batch *b, struct lane *lane, long wait, long long now)
{
	bool slowest = b->pace.window < 2;

	if (!slowest)
		lane->job->tries--;
	if (pace_limit(&b->pace, now, lane->x.started, wait) && b->o->verbose)
		diag_warn("%s: %u at a time, nothing is sent for %g s",
		    buf_string(&b->outcome.message), (unsigned)b->pace.window,
		    (double)wait / 1000);
}

/* Lets a job wait for its next try; false when it has had all of them. */
static bool
try_again(struct batch *b, struct lane *lane, const struct end *e, long long now)
{
	struct job *job = lane->job;
	long wait = e->wait_ms;

	if (!e->retry)
		return false;
	if (wait < 0)
		wait = random_backoff(job->tries);
	if (lane->x.status == 429)
		slow_down(b, lane, wait, now);
	if (job->tries > (unsigned long)b->client->retries)
		return false;
	if (job->deadline != 0 && now + wait >= job->deadline)
		return false;
	if (b->ending) {
		leave_job(b, job);
		return true;
	}
	if (b->o->verbose && lane->x.status != 429)
		diag_warn("%s: %s: trying again in %g s",
		    buf_string(&job->task.id), e->message, (double)wait / 1000);
	(void)timers_add(&b->waiting, job, now + wait);
	return true;
}

static void
finish(struct batch *b, struct lane *lane)
{
	long long now = now_ms();
	struct end e = judge(b, lane);

	b->active--;
	if (lane->x.status > 0)
		b->heard = now;
	if (e.status == EX_NOPERM)
		b->refused++;
	else if (e.status == 0 || e.status == EX_DATAERR)
		b->refused = 0;	/* the key was taken */
	if (e.status == 0) {
		put_success(b, lane);
		if (pace_ease(&b->pace) && b->o->verbose)
			diag_warn("%u at a time", (unsigned)b->pace.window);
	} else if (!try_again(b, lane, &e, now)) {
		stop_if_hopeless(b, lane, &e);
		put_end(b, lane, &e);
	}
	answer_free(&lane->answer);
	lane->job = NULL;
	lane->next = b->idle_lanes;
	b->idle_lanes = lane;
}

/* The loop. */

static void
look_for_signals(struct batch *b)
{
	int count = interrupt_count(&b->signal);
	bool first = b->ending;

	b->ending = b->ending || count > 0;
	b->at_once = count > 1;
	if (!first && b->ending && !b->o->quiet && isatty(STDERR_FILENO))
		diag_warn("waiting for the %u that were sent; once more to end"
		    " at once", b->active);
}

/* How long nothing needs to be done but transfers. */
static long
time_to_wait(const struct batch *b, long long now)
{
	long wait = b->busy ? 0 : -1, pace, other;

	if (!b->ending && wait != 0) {
		pace = pace_wait(&b->pace, now, b->active);
		wait = pace > 0 ? pace : pace < 0 ? -1 :
		    timers_wait(&b->waiting, now);
	}
	other = progress_wait(now);
	return wait < 0 || (other >= 0 && other < wait) ? other : wait;
}

static struct http_exchange *
wait_for_one(struct batch *b)
{
	struct curl_waitfd fds[2] = {
		{.fd = interrupt_fd(), .events = CURL_WAIT_POLLIN},
		{.fd = b->feed.in.fd, .events = CURL_WAIT_POLLIN},
	};

	io_flush();
	return client_wait(b->client, fds, b->starved && !b->ending ? 2 : 1,
	    time_to_wait(b, now_ms()));
}

static bool
is_over(const struct batch *b)
{
	if (b->at_once)
		return true;
	if (b->active > 0 || b->busy)
		return false;
	return b->ending || (b->feed.ended && b->waiting.n == 0);
}

static void
draw(struct batch *b)
{
	if (!b->o->progress)
		return;
	b->count.skipped = b->feed.skipped;
	b->count.all = feed_all(&b->feed);
	b->count.exact = b->feed.ended;
	progress_draw(&b->count, now_ms());
}

static void
loop(struct batch *b)
{
	struct http_exchange *x;

	for (;;) {
		look_for_signals(b);
		fill(b);
		if (is_over(b))
			return;
		draw(b);
		/* All that ended before the next one is sent: a 429 may be among
		   them. */
		for (x = wait_for_one(b); x != NULL;
		    x = http_ended(b->client->http))
			finish(b, x->arg);
	}
}

/* The beginning and the end. */

static void
raise_file_limit(unsigned jobs)
{
	struct rlimit l;
	rlim_t need = (rlim_t)jobs + SPARE_FILES;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1 || l.rlim_cur == RLIM_INFINITY ||
	    l.rlim_cur >= need)
		return;
	l.rlim_cur = need;
	if (l.rlim_max != RLIM_INFINITY && l.rlim_max < need)
		diag_die(EX_OSERR, "-j %u needs %lu open files, %lu are allowed:"
		    " raise that (ulimit -Hn) or give a smaller -j", jobs,
		    (unsigned long)need, (unsigned long)l.rlim_max);
	if (setrlimit(RLIMIT_NOFILE, &l) == -1)
		diag_die_errno(EX_OSERR, "-j %u: ulimit -n %lu", jobs,
		    (unsigned long)need);
}

static void
make_lanes(struct batch *b)
{
	unsigned i;

	b->lanes = mem_zero(b->o->jobs, sizeof(*b->lanes));
	for (i = b->o->jobs; i-- > 0;) {
		b->lanes[i].x.options = &b->client->options;
		b->lanes[i].x.sink = take_bytes;
		b->lanes[i].x.arg = &b->lanes[i];
		b->lanes[i].x.restartable = true;
		b->lanes[i].next = b->idle_lanes;
		b->idle_lanes = &b->lanes[i];
	}
}

/* What is under way or waiting, when the end comes at once. */
static void
drop_all(struct batch *b)
{
	struct job *job;
	unsigned i;

	for (i = 0; i < b->o->jobs; i++) {
		if (b->lanes[i].job == NULL)
			continue;
		http_cancel(&b->lanes[i].x);
		leave_job(b, b->lanes[i].job);
		b->lanes[i].job = NULL;
	}
	while ((job = timers_next(&b->waiting, LLONG_MAX)) != NULL)
		leave_job(b, job);
}

static int
status_of(const struct batch *b)
{
	int status = b->stop_status;

	if (b->signal != 0)
		status = diag_worst(status, EX_TEMPFAIL);
	if (b->count.failed > 0)
		status = diag_worst(status, b->count.answered == 0 &&
		    b->refused >= b->count.failed ? EX_NOPERM : EX_NOANSWER);
	if (status == 0)
		return io_status(&b->feed.in, 0);
	return diag_worst(b->feed.in.status, status);
}

/* One line that tells all that a mail about it should. */
static void
summarize(struct batch *b, int status)
{
	struct buf line = {0};
	bool terminal = isatty(STDERR_FILENO) == 1;

	if (b->feed.changed > 0 && !b->o->quiet)
		diag_warn("changed since they were answered, and asked again:"
		    " %lu (the first: %s)", b->feed.changed,
		    buf_string(&b->feed.first_changed));
	if (b->signal != 0)
		buf_printf(&line, "%s: ", b->signal == SIGINT ? "SIGINT" :
		    "SIGTERM");
	else if (b->stop_status != 0)
		buf_printf(&line, "stopped: %s: ", buf_string(&b->stop_why));
	if (b->o->quiet && line.n == 0)
		return;
	progress_summary(&b->count, now_ms(), &line);
	if (b->ending)
		buf_adds(&line, "; run it again to go on");
	if (b->count.failed > 0 && b->store.path != NULL)
		buf_printf(&line, "; see %s", b->store.failed_path);
	if (b->count.failed > 0 && b->stop_status == 0)
		buf_printf(&line, " (the first: %s)",
		    buf_string(&b->first_failure));
	if (terminal || b->o->verbose || (status != 0 && b->feed.in.any))
		diag_warn("%s", buf_string(&line));
	buf_free(&line);
}

static void
free_all(struct batch *b)
{
	struct job *job;
	unsigned i;

	for (i = 0; i < b->o->jobs; i++) {
		http_free(&b->lanes[i].x);
		answer_free(&b->lanes[i].answer);
		buf_free(&b->lanes[i].answer.why);
	}
	free(b->lanes);
	while ((job = b->idle_jobs) != NULL) {
		b->idle_jobs = job->next;
		task_free(&job->task);
		free(job);
	}
	if (b->o->ordered)
		order_free(&b->order);
	timers_free(&b->waiting);
	feed_stop(&b->feed);
	idset_free(&b->ids);
	buf_free(&b->outcome.message);
	buf_free(&b->line);
	buf_free(&b->stop_why);
	buf_free(&b->first_failure);
}

int
batch_run(const struct batch_options *o, struct client *c, char **files,
    int nfiles)
{
	struct batch b = {.o = o, .client = c};
	int status, sig;

	raise_file_limit(o->jobs);
	client_open(c);
	store_open(&b.store, o->output, files, nfiles, o->max, &b.ids);
	feed_start(&b.feed, files, nfiles, o->max, &b.ids, o->unlisted);
	pace_init(&b.pace, o->jobs, o->rate);
	make_lanes(&b);
	if (o->ordered)
		order_start(&b.order, (size_t)o->jobs * AHEAD);
	interrupt_catch();
	progress_start(o->progress, now_ms());
	loop(&b);
	drop_all(&b);
	progress_stop();
	status = status_of(&b);
	b.count.skipped = b.feed.skipped;
	io_flush();
	summarize(&b, status);
	store_close(&b.store);
	sig = b.signal;
	free_all(&b);
	if (sig == SIGINT)
		interrupt_die(sig);
	return status;
}
