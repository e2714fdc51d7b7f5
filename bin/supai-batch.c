/* supai-batch: many requests at once, a result a line; run again, it goes on. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "client.h"
#include "diag.h"
#include "io.h"
#include "mem.h"
#include "models.h"
#include "opt.h"
#include "request.h"
#include "url.h"

enum { RATE = OPT_LONG, ORDERED, PROGRESS, MAX_RECORD };

enum { MAX_JOBS = 10000 };

static const struct opt_def defs[] = {
	{'o', "output", "FILE", "add results to FILE, and go on where it ends"},
	{'j', "jobs", "N", "so many requests at once (8)"},
	{RATE, "rate", "N[/s|/m|/h]", "start at most so many requests"},
	{ORDERED, "ordered", NULL, "results in the order of the input"},
	{'q', "quiet", NULL, "no progress and no summary"},
	{PROGRESS, "progress", NULL, "show progress, also where no terminal is"},
	CLIENT_OPTIONS,
	{MAX_RECORD, "max-record", "SIZE", "the longest line to take (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[requests.ndjson ...]",
	.summary = "Send many requests at once, and write a result a line.",
	.defs = defs,
};

/* So many seconds; 0 for what is no unit of a rate. */
static double
unit(const char *name)
{
	static const struct {
		const char	*name;
		double		 seconds;
	} units[] = {
		{"s", 1}, {"sec", 1}, {"second", 1}, {"m", 60}, {"min", 60},
		{"minute", 60}, {"h", 3600}, {"hour", 3600},
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(name, units[i].name) == 0)
			return units[i].seconds;
	return 0;
}

/* "50", "50/s", "100/min", "1000/h": so many a second. */
static double
rate(const char *arg)
{
	const char *slash = strchr(arg, '/');
	char *number;
	double n, seconds = slash != NULL ? unit(slash + 1) : 1;

	if (seconds <= 0)
		opt_usage(&tool, "--rate: '%s' is none of /s, /m and /h (/sec,"
		    " /min, /hour)", slash);
	number = mem_copy(arg, slash != NULL ? (size_t)(slash - arg) :
	    strlen(arg));
	n = opt_number(&tool, "--rate", number);
	if (!(n > 0 && n <= 1e6))
		opt_usage(&tool, "--rate: '%s' is not from above 0 to a million",
		    number);
	free(number);
	return n / seconds;
}

static void
take_options(struct batch_options *o, struct client *c, int argc, char **argv)
{
	const char *arg;
	int key;

	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		if (client_option(c, &tool, key, arg))
			continue;
		switch (key) {
		case 'j':
			o->jobs = (unsigned)opt_count(&tool, "--jobs", arg, 1,
			    MAX_JOBS);
			break;
		case 'o':
			o->output = arg;
			break;
		case RATE:
			o->rate = rate(arg);
			break;
		case ORDERED:
			o->ordered = true;
			break;
		case PROGRESS:
			o->progress = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case MAX_RECORD:
			o->max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
}

int
main(int argc, char **argv)
{
	static char dash[] = "-";
	static char *standard_input[] = {dash};
	struct batch_options o = {.jobs = 8, .max = IO_MAX_RECORD};
	struct client c;
	int status;

	diag_init(argv[0]);
	io_init();
	client_init(&c);
	c.retries = 6;
	take_options(&o, &c, argc, argv);
	o.progress = !o.quiet && (o.progress || isatty(STDERR_FILENO));
	/* Of hundreds of exchanges nobody reads the headers. */
	o.verbose = c.options.verbose;
	c.options.verbose = false;
	if (o.output == NULL)
		c.reader = STDOUT_FILENO;
	client_resolve(&c, "chat/completions");
	if (strcmp(c.endpoint.host, HOST_SERVICE) != 0)
		o.also = REQUEST_UNLISTED | REQUEST_FOREIGN;
	else if (models_unlisted())
		o.also = REQUEST_UNLISTED;
	if (optind < argc)
		status = batch_run(&o, &c, argv + optind, argc - optind);
	else
		status = batch_run(&o, &c, standard_input, 1);
	client_close(&c);
	return status;
}
