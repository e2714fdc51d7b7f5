/* supai-fold: an event stream put back together, one completion an answer. */
#include <getopt.h>

#include "completion.h"
#include "diag.h"
#include "events.h"
#include "io.h"
#include "opt.h"
#include "verdict.h"

enum { OPT_MESSAGE = OPT_LONG, OPT_MAX_RECORD };

static const struct opt_def defs[] = {
	{'t', "thinking", NULL, "keep the threads' thinking too"},
	{OPT_MESSAGE, "message", NULL, "only the message, only of whole answers"},
	{OPT_MAX_RECORD, "max-record", "SIZE", "longest line to take (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[file ...]",
	.summary = "Folds events: a stream in, one chat.completion an answer out.",
	.defs = defs,
};

struct state {
	struct fold	 fold;
	bool		 message;
	struct buf	 line;		/* reused */
	bool		 any;
	int		 status;
};

static void
print(struct json v)
{
	io_write(v.p, v.n);
	io_write("\n", 1);
}

static void
closed(struct fold_answer *a, void *arg)
{
	struct state *s = arg;
	struct json v, choices;
	int status = verdict_end(a, fold_whole(a), NULL);

	buf_clear(&s->line);
	v = completion_json(a->own, a, s->fold.thinking == FOLD_KEEP, &s->line,
	    &choices);
	if (status == 0)
		status = verdict_finish(a, -1);
	if (status == 0 && !completion_answers(choices))
		status = verdict_empty(a, 0, "text", NULL);
	s->status = diag_worst(s->status, status);
	if (!s->message)
		print(v);
	else if (status == 0)
		print(completion_message(choices));
	completion_free(a->own);
}

static void
add(struct state *s, const struct chunk *c)
{
	struct fold_answer *a = fold_add(&s->fold, c);

	if (a == NULL)
		return;
	s->any = true;
	if (a->own == NULL)
		a->own = completion_new();
	if (c->kind == CHUNK_SUPAI)
		return;		/* all that it brings is kept by fold */
	completion_add(a->own, c);
	fold_settle(&s->fold);
}

static int
fold_events(struct state *s, char **files, int nfiles, size_t max)
{
	struct events e;
	const struct chunk *c;
	enum events_got got;

	events_start(&e, files, nfiles, max);
	while ((got = events_next(&e, &c)) != EVENTS_END) {
		if (got == EVENTS_CHUNK)
			add(s, c);
		else
			fold_finish(&s->fold);
	}
	return events_stop(&e);
}

int
main(int argc, char **argv)
{
	struct state s = {.fold = {.closed = closed}};
	size_t max = IO_MAX_RECORD;
	const char *arg;
	int key, status;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case 't':
			s.fold.thinking = FOLD_KEEP;
			break;
		case OPT_MESSAGE:
			s.message = true;
			break;
		case OPT_MAX_RECORD:
			max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
	s.fold.arg = &s;
	status = fold_events(&s, argv + optind, argc - optind, max);
	status = diag_worst(status, s.status);
	if (status == 0 && !s.any) {
		diag_warn("no answer in the input");
		status = EX_NOANSWER;
	}
	buf_free(&s.line);
	return status;
}
