/* supai-send: one request in, the response's body out as it arrives. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <getopt.h>

#include "client.h"
#include "curlcmd.h"
#include "diag.h"
#include "fd.h"
#include "io.h"
#include "options.h"
#include "sse.h"
#include "term.h"

static const struct opt_def defs[] = {
	SEND_OPTIONS,
	{0, NULL, NULL, NULL},
};

static const struct opt_hint hints[] = {
	OPTIONS_KEYS, OPTIONS_KEY("key"), {NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[request.json]",
	.summary = "Send one request and print the response's body as it arrives.",
	.defs = defs,
	.hints = hints,
};

struct send {
	struct client	 client;
	const char	*file;		/* NULL: standard input */
	size_t		 max;
	bool		 dry_run;
	bool		 one;
	struct sse	 sse;		/* with one: finds the body's [DONE] */
	const char	*dump;		/* NULL: none */
	int		 dump_fd;
	bool		 dump_shown;	/* it is where standard error goes */
};

/* Nothing there could tell the headers from the body. */
_Noreturn static void
refuse_dump(void)
{
	opt_usage(&tool, "--dump-header: standard output is for the body: give"
	    " a file, or /dev/stderr");
}

static void
take_options(struct send *s, int argc, char **argv)
{
	const char *arg;
	int key;

	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		if (client_option(&s->client, &tool, key, arg))
			continue;
		if (key == '1')
			s->one = true;
		else if (key == 'D')
			s->dump = arg;
		else if (key == OPTIONS_NOTES)
			s->client.notes = true;
		else if (key == OPTIONS_DRY_RUN)
			s->dry_run = true;
		else
			s->max = opt_size(&tool, "--max-record", arg);
	}
	if (s->dump != NULL && strcmp(s->dump, "-") == 0)
		refuse_dump();
	if (argc - optind > 1)
		opt_usage(&tool, "one request at a time: supai-batch does many");
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		s->file = argv[optind];
}

/* Whether it is where the body goes, and somebody wants to read that. */
static bool
is_body(int fd)
{
	struct stat st;

	return fd_same(fd, STDOUT_FILENO) && fstat(fd, &st) == 0 &&
	    !S_ISCHR(st.st_mode);
}

static void
open_dump(struct send *s)
{
	if (s->dump == NULL)
		return;
	s->dump_fd = open(s->dump, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY,
	    0666);
	if (s->dump_fd == -1)
		diag_die_errno(EX_CANTCREAT, "%s", s->dump);
	if (fd_same(s->dump_fd, STDERR_FILENO)) {
		close(s->dump_fd);
		s->dump_fd = STDERR_FILENO;	/* a log keeps what it has */
	} else if (is_body(s->dump_fd)) {
		refuse_dump();
	}
	s->dump_shown = s->dump_fd == STDERR_FILENO || isatty(s->dump_fd);
	/* A FIFO has no length to take. */
	if (!s->dump_shown && ftruncate(s->dump_fd, 0) == -1 && errno != EINVAL)
		diag_die_errno(EX_CANTCREAT, "%s", s->dump);
}

/* The headers as received, of the last response only. */
static void
dump_head(struct http_exchange *x)
{
	const struct send *s = x->arg;
	struct buf safe = {0}, shown = {0};
	size_t i;

	redact_add(&s->client.redact, &safe, x->head.p, x->head.n, 0);
	if (s->dump_shown) {
		for (i = 0; i < safe.n; i++)
			if (safe.p[i] != '\r')
				buf_addc(&shown, (unsigned char)safe.p[i]);
		buf_clear(&safe);
		term_text(&safe, shown.p, shown.n);
	} else if (ftruncate(s->dump_fd, 0) == 0) {
		(void)lseek(s->dump_fd, 0, SEEK_SET);
	}
	if (!fd_write(s->dump_fd, safe.p, safe.n))
		diag_die_errno(EX_IOERR, "%s", s->dump);
	buf_free(&safe);
	buf_free(&shown);
}

/* How many of the next n bytes of a body there are up to its [DONE], which is then
 * seen, line by line: all where there is none. */
static size_t
up_to_done(struct send *s, const char *p, size_t n, bool *done)
{
	const char *at = p, *end = p + n, *newline;
	enum sse_got got = SSE_MORE;
	struct sse_record r;

	for (; at < end && got == SSE_MORE; at = newline) {
		newline = memchr(at, '\n', (size_t)(end - at));
		newline = newline != NULL ? newline + 1 : end;
		sse_feed(&s->sse, at, (size_t)(newline - at));
		do
			got = sse_next(&s->sse, &r);
		while (got == SSE_RECORD);
	}
	*done = got == SSE_DONE;
	return *done ? (size_t)(at - p) : n;
}

/* A blocking write: the server waits as long as our reader does. */
static bool
pass_on(struct http_exchange *x, const char *p, size_t n)
{
	struct send *s = x->arg;
	bool done = false;

	if (x->over)	/* read only to see whether it is damaged */
		return true;
	if (s->one && s->sse.status == 0)	/* else it is no event stream */
		n = up_to_done(s, p, n, &done);
	if (client_write(p, n, x->deadline) != CLIENT_WRITTEN) {
		x->limit = HTTP_DEADLINE;
		return false;
	}
	if (done)
		http_over(x);
	return true;
}

static int
exchange(struct send *s, const struct buf *request)
{
	struct http_exchange x = {
		.body = request->p, .body_len = request->n,
		.sink = pass_on, .arg = s,
	};
	struct buf why = {0};
	int status;

	io_check_output();
	open_dump(s);
	if (s->dump != NULL)
		x.on_head = dump_head;
	sse_start(&s->sse, s->max, '\n');
	s->client.reader = STDOUT_FILENO;
	client_open(&s->client);
	client_confine(&s->client, NULL, 0, NULL);
	status = client_run(&s->client, &x, &why);
	if (why.n > 0)
		diag_warn("%s", buf_string(&why));
	buf_free(&why);
	http_free(&x);
	sse_free(&s->sse);
	return status;
}

static void
print_command(const struct send *s, struct buf *request)
{
	struct buf out = {0};

	buf_trim(request, "\n");
	if (s->file == NULL && request->n > CURLCMD_MAX_BODY)
		diag_die(EX_DATAERR, "--dry-run: standard input is too long for"
		    " a command line: give the request as a file");
	curlcmd_add(&out, &s->client, s->file, request, s->dump);
	io_write(out.p, out.n);
	buf_free(&out);
}

int
main(int argc, char **argv)
{
	struct send s = {.max = IO_MAX_RECORD, .dump_fd = -1};
	struct buf request = {0};
	int status = 0;

	diag_init(argv[0]);
	io_init();
	client_init(&s.client);
	take_options(&s, argc, argv);
	client_request(s.file, s.max, &request);
	client_resolve(&s.client, "chat/completions");
	if (s.dry_run)
		print_command(&s, &request);
	else
		status = exchange(&s, &request);
	client_close(&s.client);
	buf_free(&request);
	return status;
}
