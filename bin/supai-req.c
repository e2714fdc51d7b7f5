#include <string.h>
#include <unistd.h>

#include "bulk.h"
#include "compose.h"
#include "diag.h"
#include "io.h"
#include "models.h"
#include "opt.h"
#include "value.h"

enum { NO_STREAM = OPT_LONG, ID, UNLISTED, MAX_RECORD };

static const struct opt_def defs[] = {
	{'s', "system", "TEXT", "a system message (@FILE: from a file)"},
	{'H', "history", "FILE", "earlier messages, of any form"},
	{'f', "file", "FILE", "put a file's text before the prompt"},
	{'i', "image", "FILE|URL", "add an image"},
	{'m', "model", "MODE", "the mode (default: auto)"},
	{'M', "models", "PATTERN", "the models: ids or globs, comma lists"},
	{'d', "date", "DATE", "the user's date, RFC 3339, or now"},
	{'l', "location", "IP", "the user's address, or current"},
	{'U', "user-name", "NAME", "the user's name"},
	{'E', "environment", "JSON", "merge an object into the environment"},
	{'x', "chunks", NULL, "ask for supai chunks in the stream"},
	{'u', "usage", NULL, "ask for token counts in the stream"},
	{NO_STREAM, "no-stream", NULL, "ask for one JSON answer, no stream"},
	{'e', "each", "FILTER", "a request for each JSON record on stdin"},
	{'R', "raw-input", NULL, "with -e: records are lines"},
	{ID, "id", "FILTER", "with -e: the custom_id"},
	{UNLISTED, "unlisted", NULL, "let unknown modes and models through"},
	{MAX_RECORD, "max-record", "SIZE", "longest file, record and request (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[prompt ...]",
	.summary = "Builds and checks a request from words, files and records.",
	.defs = defs,
	.first = true,
};

static void
take(struct compose *c, struct bulk *b, int key, const char *arg)
{
	switch (key) {
	case 's':
		c->system = arg;
		break;
	case 'H':
		compose_add(&c->history, arg);
		break;
	case 'f':
		compose_add(&c->files, arg);
		break;
	case 'i':
		compose_add(&c->images, arg);
		break;
	case 'm':
		c->mode = arg;
		break;
	case 'M':
		compose_add(&c->models, arg);
		break;
	case 'd':
		compose_date(c, arg);
		break;
	case 'l':
		compose_location(c, arg);
		break;
	case 'U':
		compose_user_name(c, arg);
		break;
	case 'E':
		compose_environment(c, arg);
		break;
	case 'x':
		c->chunks = true;
		break;
	case 'u':
		c->usage = true;
		break;
	case NO_STREAM:
		c->whole = true;
		break;
	case 'e':
		b->each = arg;
		break;
	case 'R':
		b->raw = true;
		break;
	case ID:
		b->id = arg;
		break;
	case UNLISTED:
		c->unlisted = true;
		break;
	case MAX_RECORD:
		c->max = opt_size(&tool, "--max-record", arg);
		break;
	}
}

/*
 * The words of the prompt. What looks like an option behind the first of them is
 * most likely one that came too late; only "--" says that it is text.
 */
static void
take_words(struct compose *c, char **words, bool dashes)
{
	for (; *words != NULL; words++) {
		if (!dashes && (*words)[0] == '-' && (*words)[1] != '\0')
			opt_usage(&tool, "'%s' behind the prompt's first word:"
			    " quote the prompt, or put -- before it", *words);
		compose_add(&c->words, *words);
	}
}

static void
check_options(const struct compose *c, const struct bulk *b)
{
	if (c->usage && c->whole)
		opt_usage(&tool, "--usage goes with a stream; an answer with"
		    " --no-stream has it anyway");
	if (b->each == NULL && (b->raw || b->id != NULL))
		opt_usage(&tool, "%s goes with --each", b->raw ? "--raw-input"
		    : "--id");
}

static void
put_single(struct compose *c)
{
	struct buf line = {0}, why = {0};
	jv request = compose_single(c);
	int status = 0;

	if (!compose_check(c, request, &why))
		status = EX_USAGE;
	else
		value_dump(request, &line);
	jv_free(request);
	if (status == 0 && !compose_fits(c, line.n, &why))
		status = EX_DATAERR;
	if (status != 0)
		diag_die(status, "%s", buf_string(&why));
	buf_addc(&line, '\n');
	io_write(line.p, line.n);
	buf_free(&line);
}

int
main(int argc, char **argv)
{
	struct compose c;
	struct bulk b = {0};
	const char *arg;
	int key, at = 1, status = 0;

	diag_init(argv[0]);
	io_init();
	value_init();
	compose_init(&c);
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		take(&c, &b, key, arg);
		at = optind;
	}
	check_options(&c, &b);
	take_words(&c, argv + optind, optind > at);
	c.unlisted = c.unlisted || models_unlisted();
	c.bulk = b.each != NULL;
	compose_start(&c);
	if (c.bulk)
		status = bulk_run(&b, &c);
	else
		put_single(&c);
	compose_free(&c);
	return status;
}
