/* supai-text: the content of events and completions, as plain text. */
#include <unistd.h>

#include "diag.h"
#include "events.h"
#include "io.h"
#include "options.h"
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

int
main(int argc, char **argv)
{
	struct text_opts opts = {.safe = false};
	size_t max = IO_MAX_RECORD;
	int key, status;
	bool safe = false, raw = false;
	struct events events;
	enum events_got got;
	const struct chunk *c;
	struct text *text;
	const char *arg;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case OPTIONS_CHOICE:
			opts.choice = opt_count(&tool, "--choice", arg, 0, 1 << 20);
			break;
		case 'k':
			opts.key = arg;
			break;
		case 't':
			opts.thinking = true;
			break;
		case 'u':
			opts.usage = true;
			break;
		case 'n':
			opts.end = TEXT_NOTHING;
			break;
		case '0':
			opts.end = TEXT_NUL;
			break;
		case OPTIONS_MIN_CONFIDENCE:
			opts.gate = true;
			opts.min_confidence = opt_number(&tool, "--min-confidence",
			    arg);
			if (opts.min_confidence < 0 || opts.min_confidence > 1)
				opt_usage(&tool, "--min-confidence: '%s' is not"
				    " from 0 to 1", arg);
			break;
		case OPTIONS_SAFE:
			safe = true;
			break;
		case 'r':
			raw = true;
			break;
		case OPTIONS_LENIENT:
			opts.lenient = true;
			break;
		case OPTIONS_ANY_FINISH:
			opts.any_finish = true;
			break;
		case OPTIONS_MAX_RECORD:
			max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
	if (safe && raw)
		opt_usage(&tool, "--safe and --raw exclude each other");
	if (opts.thinking && opts.key == NULL)
		opts.key = "main";
	opts.safe = safe || (!raw && isatty(STDOUT_FILENO));

	text = text_new(&opts);
	events_start(&events, argv + optind, argc - optind, max);
	while ((got = events_next(&events, &c)) != EVENTS_END) {
		if (got == EVENTS_CHUNK)
			text_add(text, c);
		else
			text_end_file(text);
	}
	status = events_stop(&events);
	return text_finish(text, status);
}
