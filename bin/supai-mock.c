#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "endpoint.h"
#include "fd.h"
#include "io.h"
#include "mem.h"
#include "mock.h"
#include "opt.h"

enum {
	MAX_MS = 86400000,	/* the longest delay */
	MAX_HEADER = 8192,
};

static const size_t max_recording = (size_t)1 << 30;

enum {
	PORT = OPT_LONG, REPLY, REPLAY, LOGPROBS, REFUSE, BODY, HEADER, KEY_FILE,
	LOG, FAIL,
	CUT, STALL, ERROR_EVENT, GARBAGE,	/* in the order of enum fault_kind */
	RETRY_AFTER, SEED, NO_DONE, FIRST_BYTE_DELAY, DELAY,
};

static const struct opt_def defs[] = {
	{PORT, "port", "N", "listen on this port (a free one)"},
	{REPLY, "reply", "TEXT|@FILE", "answer this, not the prompt; repeatable"},
	{REPLAY, "replay", "FILE", "answer these recorded events; repeatable"},
	{LOG, "log", "FILE", "add a JSON object for each request to FILE"},
	{FAIL, "fail", "STATUS[:N|:P%]", "answer with this status; repeatable"},
	{RETRY_AFTER, "retry-after", "S", "a Retry-After header for --fail's responses"},
	{DELAY, "delay", "MS", "wait between events"},
	{FIRST_BYTE_DELAY, "first-byte-delay", "MS", "wait before each response"},
	{CUT, "cut", "EVENTS[:N|:P%]", "hang up after so many events; repeatable"},
	{STALL, "stall", "EVENTS[:N|:P%]", "be silent after so many events; repeatable"},
	{ERROR_EVENT, "error-event", "EVENTS[:N|:P%]", "an error after so many; repeatable"},
	{GARBAGE, "garbage", "[=N|P%]", "answer with a web page; repeatable"},
	{NO_DONE, "no-done", NULL, "end streams without [DONE]"},
	{SEED, "seed", "N", "draw the shares P% anew (0)"},
	{BODY, "body", "TEXT|@FILE", "the body of --fail's responses, or of all"},
	{HEADER, "header", "'NAME: VALUE'", "a header of every response; repeatable"},
	{KEY_FILE, "key-file", "FILE", "take only the key in this file (any key)"},
	{LOGPROBS, "logprobs", NULL, "made-up logprobs, where they are asked for"},
	{REFUSE, "refuse", "MEMBER", "400 to requests that have it; repeatable"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[-- command [arg ...]]",
	.summary = "Stand in for Sup AI's service on 127.0.0.1.",
	.defs = defs,
	.first = true,
};

/* What the options say; main's, and freed by it. */
struct settings {
	struct service		 service;
	struct mock_options	 mock;
	struct buf		 body, key;
	const char		*log;
	int			 port;
};

static void
slurp(const char *path, struct buf *out, size_t max)
{
	int status = io_slurp(path, IO_BYTES, out, max);

	if (status != 0)
		exit(status);
}

/* Text given as it is, or as @FILE; "@@" is an "@" of the text. */
static void
take_text(struct buf *out, const char *arg)
{
	if (*arg != '@')
		buf_adds(out, arg);
	else if (arg[1] == '@')
		buf_adds(out, arg + 1);
	else
		slurp(arg + 1, out, IO_MAX_RECORD);
}

static void
take_key(struct settings *s, const char *path)
{
	buf_clear(&s->key);
	slurp(path, &s->key, MAX_HEADER);
	buf_trim(&s->key, "\r\n");
	s->service.key = buf_string(&s->key);
	if (s->key.n == 0)
		diag_die(EX_NOINPUT, "%s: no key in it", path);
}

/* Ends the tool where a header of the option cannot be sent. */
static void
check_header(const struct mock_header *h, const char *option, const char *arg)
{
	if (strlen(arg) > MAX_HEADER || !mock_header_ok(h))
		opt_usage(&tool, "--%s: '%s' cannot be sent", option, arg);
}

static void
take_header(struct settings *s, const char *arg)
{
	size_t name = strcspn(arg, ":"), value = name + 1;
	struct mock_header h;

	if (arg[name] == '\0')
		opt_usage(&tool, "--header: '%s' is not 'Name: value'", arg);
	value += strspn(arg + value, " ");
	h.name = mem_copy(arg, name);
	h.value = mem_string(arg + value);
	check_header(&h, "header", arg);
	s->mock.headers = mem_resize(s->mock.headers, s->mock.nheaders + 1,
	    sizeof(h));
	s->mock.headers[s->mock.nheaders++] = h;
}

static void
take_retry_after(struct settings *s, char *arg)
{
	char name[] = "Retry-After";

	check_header(&(struct mock_header){name, arg}, "retry-after", arg);
	s->mock.retry_after = arg;
}

static void
take_fault(struct settings *s, enum fault_kind kind, const char *arg)
{
	const char *why = faults_add(&s->service.faults, kind,
	    arg != NULL ? arg : "");

	if (why != NULL)
		opt_usage(&tool, "--%s: '%s' %s", faults_name(kind), arg, why);
}

static void
take_answer(struct settings *s, const char *arg, bool recorded)
{
	struct buf text = {0};

	if (!recorded)
		take_text(&text, arg);
	else
		slurp(arg, &text, max_recording);
	service_add_answer(&s->service, &text, recorded);
}

static void
take_option(struct settings *s, int key, const char *arg)
{
	switch (key) {
	case PORT:
		s->port = (int)opt_count(&tool, "--port", arg, 0, 65535);
		break;
	case REPLY:
	case REPLAY:
		take_answer(s, arg, key == REPLAY);
		break;
	case LOGPROBS:
		s->service.logprobs = true;
		break;
	case REFUSE:
		service_refuse(&s->service, arg);
		break;
	case BODY:
		buf_clear(&s->body);
		take_text(&s->body, arg);
		s->service.body = &s->body;
		break;
	case HEADER:
		take_header(s, arg);
		break;
	case KEY_FILE:
		take_key(s, arg);
		break;
	case LOG:
		s->log = arg;
		break;
	case FAIL:
	case CUT:
	case STALL:
	case ERROR_EVENT:
	case GARBAGE:
		take_fault(s, (enum fault_kind)(key - FAIL + FAULT_FAIL), arg);
		break;
	case RETRY_AFTER:
		take_retry_after(s, (char *)arg);
		break;
	case SEED:
		s->service.faults.seed = (uint64_t)opt_count(&tool, "--seed",
		    arg, 0, LONG_MAX);
		break;
	case NO_DONE:
		s->mock.no_done = true;
		break;
	case FIRST_BYTE_DELAY:
		s->mock.first_byte_delay = opt_count(&tool,
		    "--first-byte-delay", arg, 0, MAX_MS);
		break;
	case DELAY:
		s->mock.delay = opt_count(&tool, "--delay", arg, 0, MAX_MS);
		break;
	}
}

/* The key that the command finds: its own, if it has one. */
static const char *
command_key(const char *right)
{
	const char *had = getenv("SUPAI_API_KEY");

	if (had != NULL && *had != '\0')
		return had;
	return right != NULL ? right : "mock-key";
}

static void
settings_free(struct settings *s)
{
	size_t i;

	service_free(&s->service);
	for (i = 0; i < s->mock.nheaders; i++) {
		free(s->mock.headers[i].name);
		free(s->mock.headers[i].value);
	}
	free(s->mock.headers);
	buf_free(&s->body);
	buf_free(&s->key);
}

/* Serves while the command runs, or until it is told to end: the status. */
static int
serve(struct settings *s, char **argv)
{
	int listener, status = 0, sig;
	struct buf url = {0};
	sigset_t ends, mask;
	const char *why;
	struct mock *m;

	listener = fd_listen("127.0.0.1", &s->port, &why);
	if (listener == -1)
		diag_die(EX_UNAVAILABLE, "127.0.0.1:%d: %s", s->port, why);
	buf_printf(&url, "http://127.0.0.1:%d/v1/openai", s->port);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &mask);
	if (*argv != NULL)
		endpoint_start(argv, buf_string(&url),
		    command_key(s->service.key), &mask);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	m = mock_start(&s->mock, listener);
	if (*argv != NULL) {
		endpoint_pass_on();
		sigprocmask(SIG_SETMASK, &mask, NULL);
		endpoint_ended(&status, 0);
	} else {
		buf_addc(&url, '\n');
		io_write(url.p, url.n);
		io_flush();
		sigwait(&ends, &sig);
	}
	if (!mock_stop(m))
		status = diag_worst(status, EX_IOERR);
	buf_free(&url);
	return status;
}

int
main(int argc, char **argv)
{
	struct settings s = {0};
	const char *arg;
	int key, status;

	diag_init(argv[0]);
	io_init();
	s.mock.service = &s.service;
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1)
		take_option(&s, key, arg);
	s.mock.log = endpoint_open_log(s.log);
	status = serve(&s, argv + optind);
	if (s.mock.log != -1 && close(s.mock.log) == -1)
		diag_die_errno(EX_IOERR, "%s", s.log);
	settings_free(&s);
	return status;
}
