/* supai-text: the content of events and completions, as plain text. */
#include <unistd.h>

#include "diag.h"
#include "events.h"
#include "io.h"
#include "options.h"
#include "redact.h"
#include "text.h"

static const struct opt_def defs[] = {
	TEXT_OPTIONS,
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[file ...]",
	.summary = "Prints the text of answers: events or completions in, text out.",
	.defs = defs,
};

static int
read_events(struct text *t, char **files, int nfiles, size_t max)
{
	struct events e;
	const struct chunk *c;
	enum events_got got;

	events_start(&e, files, nfiles, max, t->fold.one);
	while ((got = events_next(&e, &c)) != EVENTS_END) {
		if (got == EVENTS_CHUNK) {
			text_add(t, c);
			continue;
		}
		t->fold.torn = t->fold.open && got == EVENTS_TORN;
		text_finish(t);
	}
	return events_stop(&e);
}

static int
run(struct text *t, char **files, int nfiles, size_t max)
{
	int status;

	t->fold.keep = FOLD_TEXTS | (t->thinking ? FOLD_THINKING : 0);
	status = read_events(t, files, nfiles, max);
	status = diag_worst(status, t->status);
	if (status == 0 && !t->any) {
		diag_warn("no answer in the input");
		status = EX_NOANSWER;
	}
	output_free(&t->output);
	return status;
}

int
main(int argc, char **argv)
{
	struct text t = {.choice = 0};
	size_t max = IO_MAX_RECORD;
	int key;
	bool safe = false, raw = false;
	const char *arg;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case OPTIONS_CHOICE:
			t.choice = opt_count(&tool, "--choice", arg, 0, 1 << 20);
			break;
		case 'k':
			if (redact_has_sign(arg))
				opt_usage(&tool, OPTIONS_NO_THREAD);
			t.key = arg;
			break;
		case 't':
			t.thinking = true;
			break;
		case 'u':
			t.usage = true;
			break;
		case 'n':
			t.output.end = OUTPUT_NOTHING;
			break;
		case '0':
			t.output.end = OUTPUT_NUL;
			break;
		case '1':
			t.fold.one = true;
			break;
		case OPTIONS_MIN_CONFIDENCE:
			t.gate = t.output.hold = true;
			t.min_confidence = opt_share(&tool, "--min-confidence", arg);
			break;
		case OPTIONS_SAFE:
			safe = true;
			break;
		case 'r':
			raw = true;
			break;
		case OPTIONS_LENIENT:
			t.lenient = true;
			break;
		case OPTIONS_ANY_FINISH:
			t.any_finish = true;
			break;
		case OPTIONS_MAX_RECORD:
			max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
	if (safe && raw)
		opt_usage(&tool, "--safe and --raw exclude each other");
	t.output.safe = safe || (!raw && isatty(STDOUT_FILENO));
	return run(&t, argv + optind, argc - optind, max);
}
