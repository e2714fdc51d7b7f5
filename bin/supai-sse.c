/*
 * supai-sse: splits an event stream. What the stream is made of is lib/sse's;
 * here is what becomes of its records.
 */
#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "apierror.h"
#include "diag.h"
#include "io.h"
#include "json.h"
#include "opt.h"
#include "options.h"
#include "sse.h"
#include "term.h"
#include "utf8.h"
#include "when.h"

enum { OPT_ENVELOPE = OPTIONS_OWN, OPT_IDLE_TIMEOUT };

enum {
	MAX_SAID = 1000,	/* bytes of what a service said about its failure */
	LAST = 1000,		/* ms in which an input may end after its [DONE] */
};

static const struct opt_def defs[] = {
	{'1', "one", NULL, "each input is one answer, which [DONE] ends"},
	SSE_OPTIONS,
	{OPT_IDLE_TIMEOUT, "idle-timeout", "S",
	    "give up when no event comes for S seconds (0: never)"},
	{OPT_ENVELOPE, "envelope", NULL,
	    "print {\"event\":…,\"id\":…,\"data\":\"…\"} for each event"},
	{OPTIONS_MAX_RECORD, "max-record", "SIZE",
	    "the longest event taken (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[file ...]",
	.summary = "Split an event stream: the data of each event becomes one line.",
	.defs = defs,
};

struct options {
	bool	 envelope, no_done, one;
	long	 idle;	/* milliseconds without an event; 0: for ever */
	size_t	 max;
};

/* One input while it is read. */
struct stream {
	struct io_in		*in;
	const struct options	*o;
	struct sse		 sse;
	long long		 last;	/* when the last event was passed on */
	int			 status; /* what was said about it so far */
	bool			 late;	/* it gave no event for too long */
	bool			 any;	/* some event was printed */
	bool			 open;	/* and no [DONE] came after it */
	bool			 ended;	/* some [DONE] came */
	bool			 done;	/* its [DONE] came, and ends it (--one) */
	bool			 gap;	/* an answer was printed, and needs an end before the next */
};

static void
put_envelope(const struct sse_record *r)
{
	static struct buf b;

	buf_clear(&b);
	buf_adds(&b, "{\"event\":");
	json_quote(&b, r->event, r->event_n);
	buf_adds(&b, ",\"id\":");
	json_quote(&b, r->id, r->id_n);
	buf_adds(&b, ",\"data\":");
	json_quote(&b, r->data, r->n);
	buf_adds(&b, "}\n");
	io_write(b.p, b.n);
}

static void
put_data(const struct sse_record *r)
{
	if (r->line) {
		io_write(r->data, r->n + 1);
		return;
	}
	io_write(r->data, r->n);
	io_write("\n", 1);
}

static bool
is_error(const struct sse_record *r)
{
	return r->event_n == 5 && memcmp(r->event, "error", 5) == 0;
}

/* Says what the service sent as an error. */
static void
say_error(struct stream *t, const struct sse_record *r)
{
	struct buf said = {0}, shown = {0};
	int status = apierror_text(r->data, r->n, &said);

	t->status = diag_worst(t->status, status);
	term_line(&shown, said.p, utf8_cut(said.p, said.n, MAX_SAID));
	diag_warn("%s: the service reports an error: %s", t->in->name,
	    buf_string(&shown));
	buf_free(&said);
	buf_free(&shown);
}

static void
give_up(struct stream *t)
{
	diag_warn("%s: no event for %g s (--idle-timeout)", t->in->name,
	    (double)t->o->idle / 1000);
	t->status = diag_worst(t->status, EX_TEMPFAIL);
	t->late = true;
}

/* Waits for more bytes; false when none are to be read. */
static bool
wait_more(struct stream *t)
{
	long long left = t->last + (t->done ? LAST : t->o->idle);

	if (t->late || t->sse.status != 0)
		return false;
	if (t->o->idle == 0 && !t->done)
		return true;
	left -= when_now();
	if (t->done)
		return left > 0 && io_wait(t->in, (long)left);
	if (!io_wait(t->in, left > 0 ? (long)left : 0))
		give_up(t);
	return !t->late;
}

/* What came: some event, or none, which must not go on for too long. */
static void
keep_time(struct stream *t, bool any)
{
	if (t->o->idle == 0)
		return;
	io_flush();	/* a reader that is slow is not the stream's fault */
	if (any)
		t->last = when_now();
	else if (t->sse.status == 0 && when_now() - t->last >= t->o->idle)
		give_up(t);
}

/* The empty line that ends an answer, where one is due and may stand. */
static void
put_gap(struct stream *t)
{
	if (!t->gap || t->o->envelope || sse_is_json(&t->sse))
		return;
	io_write("\n", 1);
	t->gap = false;
}

static void
put(struct stream *t, const struct sse_record *r)
{
	if (!t->o->envelope && io_blank(r->data, r->n))
		return;
	put_gap(t);
	if (t->o->envelope)
		put_envelope(r);
	else
		put_data(r);
	t->any = t->open = true;
	if (is_error(r))
		say_error(t, r);
}

static void
end_answer(struct stream *t)
{
	t->gap |= t->open;
	t->open = false;
	t->ended = true;
	t->done = t->o->one;
	if (t->done && io_is_last(t->in))
		io_close_output();
}

/* Prints the records that are whole by now. */
static void
put_records(struct stream *t)
{
	struct sse_record r;
	enum sse_got got;
	bool any = false;

	while (!t->done && (got = sse_next(&t->sse, &r)) != SSE_MORE &&
	    got != SSE_FAULT) {
		any = true;
		if (got == SSE_DONE)
			end_answer(t);
		else if (got == SSE_ERROR)
			say_error(t, &r);
		else
			put(t, &r);
	}
	keep_time(t, any);
}

/* The stream ended where it should not have: what it had begun to say counts. */
static void
say_end(struct stream *t)
{
	struct sse_record r;
	bool cut = t->sse.status == EX_PROTOCOL, rest = cut && sse_rest(&t->sse, &r);

	if (rest && (is_error(&r) || apierror_in(r.data, r.n))) {
		say_error(t, &r);
		return;
	}
	if (cut && !rest && t->status != 0)	/* after an error no [DONE] is missed */
		return;
	t->status = diag_worst(t->status, t->sse.status);
	/* One that is empty was explained by the stage before it. */
	if (t->sse.status != EX_NOINPUT || t->in->nfiles > 1)
		diag_warn("%s: %s", t->in->name, buf_string(&t->sse.why));
}

/* The input is at its end: says what is wrong with it, if anything. */
static void
end_stream(struct stream *t)
{
	if (!t->done && !sse_end(&t->sse, !t->o->no_done)) {
		say_end(t);
	} else if (!t->any && t->status == 0) {
		diag_warn("%s: %s", t->in->name, t->o->no_done && !t->ended
		    ? "none of its events says anything"
		    : "[DONE], and no event before it");
		t->status = EX_PROTOCOL;
	}
}

/* What is open now was cut, or ends with its input. */
static void
end_open(struct stream *t)
{
	t->gap |= t->open;
	if (t->open && (t->status != 0 || t->in->status != 0))
		put_gap(t);
}

/* Splits a file; *gap goes on from one to the next. */
static int
split(struct io_in *in, const struct options *o, bool *gap)
{
	struct stream t = {.in = in, .o = o, .last = when_now(), .gap = *gap};
	int before = in->status;
	const char *p;
	size_t n;

	in->status = 0;
	sse_start(&t.sse, o->max, o->envelope ? '\n' : ' ');
	while (wait_more(&t) && io_bytes(in, &p, &n)) {
		if (t.done)
			continue;
		sse_feed(&t.sse, p, n);
		put_records(&t);
		if (t.done)
			t.last = when_now();
	}
	if (!t.late && in->status == 0)
		end_stream(&t);
	end_open(&t);
	*gap = t.gap;
	sse_free(&t.sse);
	in->status = diag_worst(before, in->status);
	return t.status;
}

int
main(int argc, char **argv)
{
	struct options o = {.max = IO_MAX_RECORD};
	struct io_in in;
	const char *arg;
	int key, status = 0;
	bool gap = false;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case '1':
			o.one = true;
			break;
		case OPT_ENVELOPE:
			o.envelope = true;
			break;
		case OPT_IDLE_TIMEOUT:
			o.idle = opt_seconds(&tool, "--idle-timeout", arg);
			break;
		case OPTIONS_MAX_RECORD:
			o.max = opt_size(&tool, "--max-record", arg);
			break;
		case OPTIONS_NO_DONE:
			o.no_done = true;
			break;
		}
	}
	io_start(&in, argv + optind, argc - optind, o.max);
	io_confine(&in);
	while (io_next(&in))
		status = diag_worst(status, split(&in, &o, &gap));
	io_stop(&in);
	return io_status(&in, status);
}
