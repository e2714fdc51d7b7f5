#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulk.h"
#include "compose.h"
#include "diag.h"
#include "io.h"
#include "mem.h"
#include "models.h"
#include "opt.h"
#include "options.h"
#include "request.h"

static const struct opt_def defs[] = {
	REQ_OPTIONS,
	{0, NULL, NULL, NULL},
};

static const struct opt_hint hints[] = {
	OPTIONS_FIELDS, OPTIONS_KEYS, {NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[prompt ...]",
	.summary = "Builds and checks a request from words, files and records.",
	.defs = defs,
	.first = true,
	.hints = hints,
};

static void
take(struct compose *c, struct bulk *b, int key, const char *arg)
{
	switch (key) {
	case 's':
		c->system = arg;
		break;
	case 'H':
		opt_words_add(&c->history, arg);
		break;
	case 'f':
		opt_words_add(&c->files, arg);
		break;
	case 'i':
		opt_words_add(&c->images, arg);
		break;
	case 'm':
		c->mode = arg;
		break;
	case 'M':
		opt_words_add(&c->models, arg);
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
	case 'b':
		opt_words_add(&c->bodies, arg);
		break;
	case 'x':
		c->chunks = true;
		break;
	case 'u':
		c->usage = true;
		break;
	case OPTIONS_NO_STREAM:
		c->whole = true;
		break;
	case 'e':
		b->each = arg;
		break;
	case 'R':
		b->raw = true;
		break;
	case OPTIONS_ID:
		b->id = arg;
		break;
	case OPTIONS_UNLISTED:
		c->lax |= REQUEST_UNLISTED;
		break;
	case OPTIONS_MAX_RECORD:
		c->max = opt_size(&tool, "--max-record", arg);
		break;
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

	compose_single(c, &line);
	if (!compose_write(c, &line, &why))
		diag_die(EX_DATAERR, "%s", buf_string(&why));
	buf_free(&line);
}

/* With -e the operands are files of records. */
static void
take_file(struct compose *c, struct bulk *b, char *path)
{
	if (strcmp(path, "-") == 0)
		c->records = true;
	else if (strchr(path, ' ') != NULL && access(path, F_OK) == -1)
		opt_usage(&tool, "'%s': with -e the operands are files: the filter"
		    " makes the text", path);
	b->files = mem_resize(b->files, (size_t)b->nfiles + 1, sizeof(*b->files));
	b->files[b->nfiles++] = path;
}

/*
 * Takes the options and what stands between them: with -e, files; else the first
 * operand ends the options. Whether "--" stands before the operands that are left; sets
 * *input where an option's argument is standard input.
 */
static bool
take_options(struct compose *c, struct bulk *b, int argc, char **argv, bool *input)
{
	bool dashes = false;
	const char *arg;
	int key, at = 1;

	while (!dashes) {	/* after these glibc would give the operands again */
		while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
			take(c, b, key, arg);
			*input = *input || (arg != NULL && opt_names_input(arg));
			at = optind;
		}
		dashes = optind > at;
		if (b->each == NULL || optind >= argc)
			break;
		do
			take_file(c, b, argv[optind++]);
		while (dashes && optind < argc);
		at = optind;
	}
	return dashes;
}

int
main(int argc, char **argv)
{
	struct compose c;
	struct bulk b = {0};
	bool input = false, dashes;
	int status = 0;

	diag_init(argv[0]);
	io_init();
	compose_init(&c);
	dashes = take_options(&c, &b, argc, argv, &input);
	check_options(&c, &b);
	opt_prompt(&tool, argv + optind, dashes, &c.words);
	if (models_unlisted())
		c.lax |= REQUEST_UNLISTED;
	if (models_foreign())
		c.lax |= REQUEST_FOREIGN;
	c.bulk = b.each != NULL;
	c.records = c.records || b.nfiles == 0;
	opt_note_prompt(&c.words, input || (c.bulk && c.records),
	    c.bulk || c.files.n > 0);
	compose_start(&c);
	if (c.bulk)
		status = bulk_run(&b, &c);
	else
		put_single(&c);
	compose_free(&c);
	free(b.files);
	return status;
}
