/* supai-fold: an event stream put back together, one completion an answer. */
#include <getopt.h>

#include "completion.h"
#include "diag.h"
#include "events.h"
#include "io.h"
#include "options.h"
#include "redact.h"
#include "verdict.h"

static const struct opt_def defs[] = {
	FOLD_OPTIONS,
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[file ...]",
	.summary = "Folds events: a stream in, one chat.completion an answer out.",
	.defs = defs,
};

struct state {
	struct fold		 fold;
	struct completion	 completion;
	const char		*key;		/* of the threads; NULL: all */
	bool			 message;
	bool			 gate;
	double			 min_confidence;
	struct buf		 line;		/* reused */
	bool			 any;
	int			 status;
};

static void
print(struct json v)
{
	io_write(v.p, v.n);
	io_write("\n", 1);
}

/* The message of a completion's first choice; JSON_NONE where there is none. */
static struct json
message_of(struct json completion)
{
	struct json_iter i = json_first(json_get(completion, "choices"));
	struct json name, choice;

	return json_more(&i, &name, &choice) ? json_get(choice, "message") :
	    (struct json){0};
}

static int
judge(const struct state *s)
{
	struct verdict_ask ask = {
		.choice = VERDICT_ALL, .what = "text",
		.whole = fold_whole(&s->fold),
		.any = (fold_said(&s->fold) &
		    (CHUNK_SAYS_TEXT | CHUNK_SAYS_CALL)) != 0,
	};
	int status = verdict_of(&s->fold, &ask, NULL);

	if (status == 0 && s->key != NULL)
		status = verdict_thread(&s->fold, s->key);
	if (status == 0 && s->gate)
		status = verdict_confidence(&s->fold, s->min_confidence);
	return status;
}

/* The answer, if there is one, is over. */
static void
finish(struct state *s)
{
	struct json v;
	int status;

	if (!s->fold.open)
		return;
	s->any = true;
	status = judge(s);
	s->status = diag_worst(s->status, status);
	buf_clear(&s->line);
	completion_write(&s->completion, &s->fold, s->key, &s->line);
	v = (struct json){s->line.p, s->line.n};
	if (status == 0 || !(s->message || s->gate))
		print(s->message ? message_of(v) : v);
	completion_clear(&s->completion);
	fold_clear(&s->fold);
}

static void
add(struct state *s, const struct chunk *c)
{
	if (fold_begins(&s->fold, c))
		finish(s);
	if (fold_add(&s->fold, c))
		completion_add(&s->completion, &s->fold, c);
	if (fold_sealed(&s->fold))
		finish(s);
}

static int
fold_events(struct state *s, char **files, int nfiles, size_t max)
{
	struct events e;
	const struct chunk *c;
	enum events_got got;

	events_start(&e, files, nfiles, max, s->fold.one);
	while ((got = events_next(&e, &c)) != EVENTS_END) {
		if (got == EVENTS_CHUNK) {
			add(s, c);
			continue;
		}
		s->fold.torn = s->fold.open && got == EVENTS_TORN;
		finish(s);
	}
	return events_stop(&e);
}

int
main(int argc, char **argv)
{
	struct state s = {.fold.keep = FOLD_OBJECT};
	size_t max = IO_MAX_RECORD;
	const char *arg;
	int key, status;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case 't':
			s.fold.keep |= FOLD_THINKING;
			break;
		case 'k':
			if (redact_has_sign(arg))
				opt_usage(&tool, OPTIONS_NO_THREAD);
			s.key = arg;
			break;
		case OPTIONS_MESSAGE:
			s.message = true;
			break;
		case OPTIONS_MIN_CONFIDENCE:
			s.gate = true;
			s.min_confidence = opt_share(&tool, "--min-confidence", arg);
			break;
		case '1':
			s.fold.one = true;
			break;
		case OPTIONS_MAX_RECORD:
			max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
	status = fold_events(&s, argv + optind, argc - optind, max);
	status = diag_worst(status, s.status);
	if (status == 0 && !s.any) {
		diag_warn("no answer in the input");
		status = EX_NOANSWER;
	}
	buf_free(&s.line);
	return status;
}
