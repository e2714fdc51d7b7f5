#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"
#include "diag.h"
#include "fd.h"
#include "feed.h"
#include "io.h"
#include "job.h"
#include "outcome.h"
#include "output.h"
#include "pace.h"
#include "when.h"

enum {
	TURN = 256,		/* lines that are read before transfers go on */
	SPARE_FILES = 64,	/* descriptors beside those of connections */
	AHEAD = 4,		/* --ordered: results held, for each at once */
	REFUSED = 8,		/* refusals in a row that are everyone's */
};

struct batch {
	const struct batch_options *o;
	struct client	*client;
	struct feed	 feed;
	struct output	 output;
	struct pace	 pace;
	struct when	 waiting;	/* jobs that will be tried again */
	struct jobs	 jobs;
	struct job	*ready;		/* read, and to be sent next; or NULL */
	struct outcome	 outcome;	/* of the try that was judged last */
	unsigned	 refused;	/* tries in a row that ended with 77 */
	long long	 heard;		/* when a response came last; 0: never */
	long long	 begun;
	bool		 starved;	/* it is input that is waited for */
	bool		 busy;		/* there is more to do at once */
	bool		 ending;	/* no more requests are sent */
	bool		 at_once;	/* what was sent is not waited for */
	int		 signal;	/* that came first */
	int		 stop_status;	/* why it is ending, where no signal is */
	struct buf	 stop_why;
};

/* Reading. */

/* A line of the input that is no task. */
static void
put_bad_line(struct batch *b, struct job *job)
{
	const struct io_in *in = &b->feed.in;
	struct result r = {.kind = RESULT_ERROR, .task = &job->task};
	struct buf why = {0};

	buf_printf(&why, "%s: line %lu: %s", in->name, in->line,
	    buf_string(&job->task.why));
	r.code = job->task.code;
	r.message = buf_string(&why);
	r.line = in->line;
	output_put(&b->output, job, &r);
	buf_free(&why);
}

/* The next job of the input; NULL when there is none to be had now. */
static struct job *
read_job(struct batch *b)
{
	struct job *job = job_new(&b->jobs);
	enum feed_got got = FEED_SKIP;
	int i;

	for (i = 0; i < TURN && !output_full(&b->output); i++) {
		got = feed_next(&b->feed, &job->task);
		if (got == FEED_END || got == FEED_WAIT)
			break;
		if (got == FEED_SKIP)
			continue;
		output_number(&b->output, job);
		if (got == FEED_TASK)
			return job;
		put_bad_line(b, job);
	}
	b->starved = got == FEED_WAIT;
	b->busy = i == TURN;
	job_end(&b->jobs, job);
	return NULL;
}

/*
 * The job to be sent next. One is read before its time has come, so that the end
 * of the input is not waited for: as many may wait for another try as may be under
 * way.
 */
static struct job *
next_job(struct batch *b, long long now)
{
	struct job *job = NULL;

	if (b->ready == NULL && b->waiting.n < b->o->jobs)
		b->ready = read_job(b);
	if (pace_wait(&b->pace, now, b->jobs.active) != 0)
		return NULL;
	job = when_next(&b->waiting, now);
	if (job == NULL) {
		job = b->ready;
		b->ready = NULL;
	}
	return job;
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
		now = when_now();
		job = next_job(b, now);
		if (job == NULL)
			return;
		pace_start(&b->pace, now);
		job_send(&b->jobs, job, now);
	}
	b->busy = i == TURN;
}

/* Ends of tries. */

/* The job was read, but will not be asked to an end by this run. */
static void
leave_job(struct batch *b, struct job *job)
{
	output_put(&b->output, job, NULL);
	job_end(&b->jobs, job);
}

static void
put_result(struct batch *b, struct job *job)
{
	struct tally *tally = &b->output.tally;
	struct result r;
	struct buf made = {0};

	if (b->outcome.status == 0) {
		tally->prompt_tokens += job->answer.prompt_tokens;
		tally->completion_tokens += job->answer.completion_tokens;
	}
	job_result(job, &b->outcome, &r, &made);
	output_put(&b->output, job, &r);
	buf_free(&made);
	job_end(&b->jobs, job);
}

/* A 429 slows the whole batch; only when that cannot get slower, it is a try. */
static void
slow_down(struct batch *b, struct job *job, long wait, long long now)
{
	bool slowest = b->pace.window < 2;

	if (!slowest)
		job->tries--;
	if (pace_limit(&b->pace, now, job->x.started, wait) && b->o->verbose)
		diag_warn("%s: %u at a time, nothing is sent for %g s",
		    buf_string(&b->outcome.message), (unsigned)b->pace.window,
		    (double)wait / 1000);
}

/* The job's next try is made then, if the batch goes on. */
static void
put_off(struct batch *b, struct job *job, long long until)
{
	if (b->ending) {
		leave_job(b, job);
		return;
	}
	job_rest(&b->jobs, job);
	(void)when_add(&b->waiting, job, until);
}

/* Lets a job wait for its next try; false when it has had all of them. */
static bool
try_again(struct batch *b, struct job *job, long long now)
{
	long wait = outcome_wait(&b->outcome, job->tries);

	if (b->outcome.retry && job->x.status == 429)
		slow_down(b, job, wait, now);
	if (!outcome_again(&b->outcome, job->tries, b->client->retries, now + wait,
	    job->deadline))
		return false;
	if (!b->ending && b->o->verbose && job->x.status != 429)
		diag_warn("%s: %s: trying again in %g s",
		    buf_string(&job->task.id), buf_string(&b->outcome.message),
		    (double)wait / 1000);
	put_off(b, job, now + wait);
	return true;
}

/* What a try says of the service and the key. */
static void
learn(struct batch *b, const struct job *job, long long now)
{
	int status = b->outcome.status;

	if (job->x.status > 0)
		b->heard = now;
	if (status == EX_NOPERM)
		b->refused++;
	else if (status == 0 || status == EX_DATAERR)
		b->refused = 0;	/* the key was taken */
}

/*
 * Whether a failure for good is surely everyone's: descriptors or memory ran out;
 * the key is refused or the quota spent; eight forbidden requests in a row, where
 * each may have been forbidden for itself; the service asks for more than two
 * minutes; nothing was heard of it since the request was first sent.
 */
static bool
is_lost(const struct batch *b, const struct job *job)
{
	const struct outcome *o = &b->outcome;
	const struct http_exchange *x = &job->x;
	bool key_is_good = b->output.tally.answered > 0;

	if (o->status == EX_OSERR)
		return true;
	if (o->status == EX_NOPERM)
		return b->refused >= REFUSED ||
		    (x->status != 403 && (x->status != 401 || !key_is_good));
	if (o->status == EX_TEMPFAIL && o->wait_ms > OUTCOME_MAX_WAIT)
		return true;
	/* Where a limit of time ended a try on a connection that stood, it is that
	   request that takes long. */
	return x->status == 0 && x->proxy_status == 0 && b->heard < job->first &&
	    !(x->connected && x->limit != HTTP_NO_LIMIT);
}

/* A failure for good. */
static void
fail(struct batch *b, struct job *job)
{
	/* What makes the others fail as well: no more requests. */
	if (is_lost(b, job) && !b->ending) {
		b->ending = true;
		b->stop_status = b->outcome.status;
		buf_adds(&b->stop_why, buf_string(&b->outcome.message));
	}
	/* What this machine lacks is no failure of the request. */
	if (b->outcome.status == EX_OSERR)
		leave_job(b, job);
	else
		put_result(b, job);
}

static void
finish(struct batch *b, struct job *job)
{
	long long now = when_now();

	if (job->x.stopped && client_at_once()) {
		leave_job(b, job);
		return;
	}
	job_judge(job, &b->outcome);
	learn(b, job, now);
	if (b->outcome.status != 0) {
		if (job_asks_less(&b->jobs, job))
			put_off(b, job, now);
		else if (!try_again(b, job, now))
			fail(b, job);
		return;
	}
	put_result(b, job);
	if (pace_ease(&b->pace) && b->o->verbose)
		diag_warn("%u at a time", (unsigned)b->pace.window);
}

/* The loop. */

static void
look_for_signals(struct batch *b)
{
	int count = client_caught(&b->signal);
	bool before = b->ending;

	b->ending = b->ending || count > 0;
	b->at_once = count > 1;
	if (!before && b->ending && !b->o->quiet && isatty(STDERR_FILENO))
		diag_warn("waiting for the %u that were sent; once more to end"
		    " at once", b->jobs.active);
}

/* How long nothing needs to be done but transfers. */
static long
time_to_wait(const struct batch *b, long long now)
{
	long wait = b->busy ? 0 : -1, pace, other;

	if (!b->ending && wait != 0) {
		pace = pace_wait(&b->pace, now, b->jobs.active);
		wait = pace > 0 ? pace : pace < 0 ? -1 :
		    when_wait(&b->waiting, now);
	}
	other = tally_wait(now);
	return wait < 0 || (other >= 0 && other < wait) ? other : wait;
}

static struct http_exchange *
wait_for_one(struct batch *b)
{
	io_flush();
	return client_wait(b->client, b->starved && !b->ending ? b->feed.in.fd : -1,
	    time_to_wait(b, when_now()));
}

static bool
is_over(const struct batch *b)
{
	if (b->at_once)
		return true;
	if (b->jobs.active > 0 || b->busy)
		return false;
	return b->ending ||
	    (b->feed.ended && b->ready == NULL && b->waiting.n == 0);
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
		tally_draw(&b->output.tally, when_now());
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
	size_t need = (size_t)jobs + SPARE_FILES, allowed = fd_limit(need);

	if (allowed < need)
		diag_die(EX_OSERR, "-j %u needs %zu open files, %zu are allowed:"
		    " raise that (ulimit -Hn) or give a smaller -j", jobs, need,
		    allowed);
}

/* Drops what is under way or waiting, when the end comes at once. */
static void
drop_all(struct batch *b)
{
	struct job *job;

	for (job = b->jobs.all; job != NULL; job = job->next)
		if (job->open)
			leave_job(b, job);
}

static int
status_of(const struct batch *b)
{
	const struct tally *t = &b->output.tally;
	int status = b->stop_status;

	if (b->signal != 0)
		status = diag_worst(status, EX_TEMPFAIL);
	if (t->failed > 0)
		status = diag_worst(status, t->answered == 0 &&
		    b->refused >= t->failed ? EX_NOPERM : EX_NOANSWER);
	if (t->flawed > 0)
		status = diag_worst(status, EX_NOANSWER);
	if (status == 0 && b->feed.ended && b->feed.lines == 0)
		status = EX_NOINPUT;
	return diag_worst(b->feed.in.status, status);
}

/* Where there is nothing to sum up. */
static void
say_empty(const struct batch *b, int nfiles)
{
	if (b->feed.in.status == 0)
		diag_warn("%s: no request in it: it is empty", nfiles > 1 ?
		    "the input" : b->feed.in.name);
}

/* One line that tells all that a mail about it should. */
static void
summarize(struct batch *b, int status)
{
	struct tally *t = &b->output.tally;
	struct buf line = {0};

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
	tally_summary(t, when_now() - b->begun, &line);
	if (b->ending)
		buf_adds(&line, "; run it again to go on");
	if (t->failed > 0 && b->o->output != NULL)
		buf_printf(&line, "; see %s", b->output.store.failures.path);
	if (t->failed > 0 && b->stop_status == 0)
		buf_printf(&line, " (the first: %s)", buf_string(&t->first));
	if (isatty(STDERR_FILENO) || b->o->verbose || status != 0)
		diag_warn("%s", buf_string(&line));
	buf_free(&line);
}

static void
open_all(struct batch *b, char **files, int nfiles)
{
	const struct batch_options *o = b->o;

	raise_file_limit(o->jobs);
	client_open(b->client);
	store_open(&b->output.store, o->output, files, nfiles, o->max,
	    &b->feed.ids, &b->output.tally);
	output_open(&b->output, o->ordered ? (size_t)o->jobs * AHEAD : 0,
	    o->max, &b->client->redact);
	feed_start(&b->feed, files, nfiles, o->max, &b->output.tally, o->also);
	b->pace = (struct pace){.window = o->jobs, .max = o->jobs};
	if (o->rate > 0)
		b->pace.interval = 1000 / o->rate;
	b->jobs = (struct jobs){.client = b->client, .max = o->max};
	client_catch();
	b->begun = when_now();
	if (o->progress)
		tally_begin(b->begun);
	client_confine(b->client, files, nfiles, o->output);
}

static void
close_all(struct batch *b)
{
	output_close(&b->output);
	job_free(&b->jobs);
	when_free(&b->waiting);
	feed_stop(&b->feed);
	buf_free(&b->outcome.message);
	buf_free(&b->stop_why);
}

int
batch_run(const struct batch_options *o, struct client *c, char **files,
    int nfiles)
{
	struct batch b = {.o = o, .client = c};
	int status;

	open_all(&b, files, nfiles);
	loop(&b);
	drop_all(&b);
	tally_end();
	status = status_of(&b);
	io_flush();
	if (status == EX_NOINPUT && b.feed.lines == 0)
		say_empty(&b, nfiles);
	else
		summarize(&b, status);
	close_all(&b);
	if (b.signal == SIGINT)
		client_die(b.signal);
	return status;
}
