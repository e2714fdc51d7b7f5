#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"
#include "config.h"
#include "diag.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "outcome.h"
#include "sandbox.h"
#include "when.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum {
	MAX_HEADERS = 1 << 20,	/* bytes of a --header @FILE */
	LOOK_MS = 1000,		/* where poll is blind to it: how often to look
				   whether the reader is gone */
};

void
client_init(struct client *c)
{
	*c = (struct client){
		.retries = 2,
		.connect_ms = 10 * 1000L,
		.first_byte_ms = 3600 * 1000L,
		.idle_ms = 600 * 1000L,
		.reader = -1,
	};
}

/* RFC 9110, section 5.6.2: the length of the token that s starts with. */
static size_t
token(const char *s)
{
	return strspn(s, "!#$%&'*+-.^_`|~0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool
is_named(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

/* What is wrong with a header line; NULL: nothing. */
static const char *
header_fault(const char *line, bool argument)
{
	size_t n = token(line);
	const char *c;

	if (n == 0 || line[n] != ':')
		return "not 'Name: value'";
	for (c = line + n; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return "a control character";
	if (is_named(line, "Content-Length") ||
	    is_named(line, "Transfer-Encoding") || is_named(line, "Expect"))
		return "follows from the request, and cannot be set";
	if (argument && redact_is_secret(line))
		return "a secret, which every user could read in the list of"
		    " processes: put the line into a file, --header @FILE";
	return NULL;
}

static void
add_header(struct client *c, const char *line, const char *file)
{
	c->header_files = mem_resize(c->header_files, c->nheaders + 1,
	    sizeof(*c->header_files));
	c->header_files[c->nheaders] = file;
	c->headers = mem_resize(c->headers, c->nheaders + 1,
	    sizeof(*c->headers));
	c->headers[c->nheaders++] = mem_string(line);
}

/*
 * A header from a file may be a secret: it is not shown. The key in it, the last
 * word, is not shown anywhere.
 */
static void
hide_header(struct client *c, const char *line)
{
	size_t n = strcspn(line, ":"), at = strlen(line);
	char *name = mem_copy(line, n);

	redact_name(&c->redact, name);
	while (at > n + 1 && line[at - 1] != ' ' && line[at - 1] != '\t')
		at--;
	if (is_named(line, "Authorization"))
		redact_value(&c->redact, line + at);
	free(name);
}

static void
read_headers(struct client *c, const char *path)
{
	struct buf b = {0}, name = {0};
	char *line, *rest;
	const char *fault;
	int fd = open(path, O_RDONLY | O_CLOEXEC), number = 0, status;

	buf_printf(&name, "--header @%s", path);
	status = io_slurp_fd(fd, buf_string(&name), IO_TEXT, &b, MAX_HEADERS, NULL);
	if (status != 0)
		exit(status);
	buf_string(&b);
	if (strlen(b.p) != b.n)
		diag_die(EX_CONFIG, "--header @%s: a NUL byte", path);
	for (rest = b.p; (line = io_cut(&rest)) != NULL;) {
		number++;
		if (*line == '\0')
			continue;
		fault = header_fault(line, false);
		if (fault != NULL)
			diag_die(EX_CONFIG, "--header @%s: line %d: %s", path,
			    number, fault);
		if (is_named(line, "Authorization")) {
			key_check_mode(fd, path);
			c->authorized = true;
		}
		hide_header(c, line);
		add_header(c, line, path);
	}
	close(fd);
	mem_wipe(b.p, b.cap);
	buf_free(&b);
	buf_free(&name);
}

static void
take_header(struct client *c, const struct opt_tool *tool, const char *arg)
{
	const char *fault;

	if (*arg == '@') {
		read_headers(c, arg + 1);
		return;
	}
	fault = header_fault(arg, true);
	if (fault != NULL)
		opt_usage(tool, "--header: %.*s: %s", (int)token(arg), arg,
		    fault);
	add_header(c, arg, NULL);
}

bool
client_option(struct client *c, const struct opt_tool *tool, int key,
    const char *arg)
{
	switch (key) {
	case CLIENT_URL:
		c->url = arg;
		return true;
	case CLIENT_KEY_FILE:
		c->key_file = arg;
		return true;
	case CLIENT_NO_KEY:
		c->no_key = true;
		return true;
	case CLIENT_HEADER:
		take_header(c, tool, arg);
		return true;
	case CLIENT_RETRIES:
		c->retries = opt_count(tool, "--retries", arg, 0, 1000);
		return true;
	case CLIENT_CONNECT:
		c->connect_ms = opt_seconds(tool, "--connect-timeout", arg);
		return true;
	case CLIENT_FIRST_BYTE:
		c->first_byte_ms = opt_seconds(tool, "--first-byte-timeout",
		    arg);
		return true;
	case CLIENT_IDLE:
		c->idle_ms = opt_seconds(tool, "--idle-timeout", arg);
		return true;
	case CLIENT_MAX_TIME:
		c->max_ms = opt_seconds(tool, "--max-time", arg);
		return true;
	case CLIENT_CACERT:
		c->cacert = arg;
		return true;
	case CLIENT_PROXY:
		c->proxy = arg;
		return true;
	case CLIENT_INSECURE:
		c->insecure_http = true;
		return true;
	case 'v':
		c->verbose = true;
		return true;
	default:
		return false;
	}
}

/* Ends with 65 for anything but one JSON object. */
static void
check_request(const char *name, const struct buf *b)
{
	struct json_scan scan = {0};
	struct json_fault fault;
	struct json v;
	bool whole;
	size_t n;

	if (json_parse(b->p, b->n, &v, &fault)) {
		if (json_type(v) != JSON_OBJECT)
			diag_die(EX_DATAERR, "%s: not a JSON object", name);
		return;
	}
	n = json_scan(&scan, b->p, b->n, &whole);
	if (whole && n < b->n && json_parse(b->p, n, &v, &(struct json_fault){0}) &&
	    json_type(v) == JSON_OBJECT && b->p[n + strspn(b->p + n, " \t\r\n")] == '{')
		diag_die(EX_DATAERR, "%s: more than one request: one at a time;"
		    " supai-batch does many", name);
	diag_die(EX_DATAERR, "%s: not JSON: %s at byte %zu", name, fault.why,
	    fault.at + 1);
}

void
client_request(const char *file, size_t max, struct buf *out)
{
	const char *name = file != NULL ? file : "standard input";
	int status = io_slurp(file != NULL ? file : "-", IO_TEXT | IO_LIMIT,
	    out, max);

	if (status != 0)
		exit(status);
	if (file == NULL && out->n == 0)	/* the stage before has said why */
		exit(EX_NOINPUT);
	if (strspn(buf_string(out), " \t\r\n") == out->n)
		diag_die(EX_NOINPUT, "%s: empty", name);
	check_request(name, out);
}

/* A URL that is wrong may be so for a password in it: that is not shown. */
_Noreturn static void
wrong_url(const struct client *c, const char *text, const char *fault)
{
	struct buf shown = {0};

	redact_add(NULL, &shown, text, strlen(text), REDACT_URLS);
	diag_die(c->url != NULL ? EX_USAGE : EX_CONFIG, "%s: '%s': %s",
	    c->url != NULL ? "--url" : "SUPAI_BASE_URL", buf_string(&shown),
	    fault);
}

static void
find_endpoint(struct client *c, const char *tail)
{
	const char *text = c->url, *fault;

	url_free(&c->endpoint);
	if (text == NULL)
		text = config_variable("SUPAI_BASE_URL");
	if (text == NULL)
		text = URL_BASE;
	fault = url_parse(&c->endpoint, text, c->url != NULL ? NULL : tail);
	if (fault != NULL)
		wrong_url(c, text, fault);
}

void
client_resolve(struct client *c, const char *tail)
{
	find_endpoint(c, tail);
	if (!c->no_key && !c->authorized)
		key_find(&c->key_source, c->key_file, &c->endpoint);
	client_way(c, &c->endpoint, &c->options);
}

/* Else by the variables that curl(1) looks at, in its order; libcurl leaves that to us. */
static void
find_certificates(struct client *c, const struct url *u)
{
	const char *name = "CURL_CA_BUNDLE";

	if (c->cacert != NULL && access(c->cacert, R_OK) == -1)
		diag_die_errno(EX_NOINPUT, "--cacert %s", c->cacert);
	if (c->cacert != NULL || !u->https)
		return;
	c->cacert = config_variable(name);
	if (c->cacert == NULL) {
		c->capath = config_variable("SSL_CERT_DIR");
		name = "SSL_CERT_FILE";
		c->cacert = config_variable(name);
	}
	if (c->cacert != NULL && access(c->cacert, R_OK) == -1)
		diag_die_errno(EX_CONFIG, "%s: %s", name, c->cacert);
}

void
client_way(struct client *c, const struct url *u, struct http_options *o)
{
	if (!u->https && !u->loopback && !c->insecure_http)
		diag_die(EX_CONFIG, "%s: plain http shows the key and the"
		    " request to the network: use https, or --insecure-http",
		    u->text);
	/* Else libcurl's TLS would write the connection's secrets there. */
	if (!c->verbose)
		(void)unsetenv("SSLKEYLOGFILE");
	find_certificates(c, u);
	*o = (struct http_options){
		.url = u->text,
		.loopback = u->loopback,
		.proxy = c->proxy,
		.cacert = c->cacert,
		.capath = c->capath,
		.connect_ms = c->connect_ms,
		.first_byte_ms = c->first_byte_ms,
		.idle_ms = c->idle_ms,
		.verbose = c->verbose,
		.redact = &c->redact,
	};
}

void
client_open(struct client *c)
{
	bool may_lack = c->key_optional && c->key_source.kind == KEY_NONE;

	if (!c->no_key && !c->authorized && !may_lack) {
		c->key = key_read(&c->key_source, &c->endpoint);
		redact_value(&c->redact, c->key);
	}
	config_forget("SUPAI_API_KEY");
	diag_hide(&c->redact);
	c->options.key = c->key;
	c->options.headers = c->headers;
	c->options.nheaders = c->nheaders;
	c->http = http_open();
}

void
client_confine(const struct client *c, char *const *files, int nfiles,
    const char *output)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	const char *const more[] = {c->cacert, c->capath, curl->cainfo,
	    curl->capath};
	char **all = mem_zero((size_t)nfiles + COUNT(more), sizeof(*all));
	size_t i, n;

	for (n = 0; n < (size_t)nfiles; n++)
		all[n] = files[n];
	for (i = 0; i < COUNT(more); i++)
		if (more[i] != NULL)
			all[n++] = (char *)more[i];
	/* Some libcurls open what they were told to log to only when they connect. */
	if (output == NULL && c->verbose)
		output = getenv("SSLKEYLOGFILE");
	sandbox_client(all, n, output);
	free(all);
}

void
client_reader_gone(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t set;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGPIPE, &sa, NULL);	/* libcurl has it ignored while it runs */
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(SIGPIPE);
	_exit(EX_IOERR);
}

/*
 * Nothing but poll(2) tells of it: libcurl's own poll wakes, but keeps POLLERR
 * to itself. False when the descriptor is of a kind that cannot be asked.
 */
static bool
check_reader(const struct client *c)
{
	struct pollfd fd = {.fd = c->reader};

	if (c->reader == -1 || poll(&fd, 1, 0) < 1)
		return c->reader != -1;
	if ((fd.revents & (POLLERR | POLLHUP)) != 0)
		client_reader_gone();
	return (fd.revents & POLLNVAL) == 0;
}

struct http_exchange *
client_wait(struct client *c, const struct curl_waitfd *more, unsigned nmore,
    long ms)
{
	struct curl_waitfd fds[CLIENT_FDS + 1];
	bool look = check_reader(c);

	if (nmore > 0)
		memcpy(fds, more, nmore * sizeof(*fds));
	fds[nmore] = (struct curl_waitfd){.fd = c->reader};
	if (look && (ms < 0 || ms > LOOK_MS))
		ms = LOOK_MS;
	return http_wait(c->http, fds, nmore + look, ms);
}

/* How long to wait for the next try; -1: there is none. */
static long
next_wait(const struct client *c, const struct http_exchange *x,
    const struct outcome *o, unsigned tries)
{
	long wait = outcome_wait(o->wait_ms, tries);

	if (o->status == 0 || !o->retry || tries > (unsigned long)c->retries)
		return -1;
	return x->deadline != 0 && when_now() + wait >= x->deadline ? -1 : wait;
}

/* As client_run, but appends the reason to why. */
static int
run(struct client *c, struct http_exchange *x, struct buf *why)
{
	struct outcome o = {0};
	bool noted = c->verbose || c->notes || isatty(STDERR_FILENO);
	long long next;
	unsigned tries = 0;
	long wait;

	x->options = &c->options;
	x->deadline = c->max_ms > 0 ? when_now() + c->max_ms : 0;
	for (;;) {
		http_start(c->http, x);
		tries++;
		while (client_wait(c, NULL, 0, -1) == NULL)
			;
		outcome_of(x, &o);
		wait = next_wait(c, x, &o, tries);
		if (wait < 0)
			break;
		if (noted)
			diag_warn("%s: trying again in %g s",
			    buf_string(&o.message), (double)wait / 1000);
		next = when_now() + wait;
		while ((wait = (long)(next - when_now())) > 0)
			client_wait(c, NULL, 0, wait);
	}
	buf_add(why, o.message.p, o.message.n);
	if (o.message.n > 0 && tries > 1)
		buf_printf(why, ", after %u tries", tries);
	buf_free(&o.message);
	return o.status;
}

int
client_run(struct client *c, struct http_exchange *x)
{
	struct buf why = {0};
	int status = run(c, x, &why);

	if (why.n > 0)
		diag_warn("%s", buf_string(&why));
	buf_free(&why);
	return status;
}

struct got {
	struct buf	*out;
	size_t		 had, max;
	bool		 full;
};

static bool
keep(struct http_exchange *x, const char *p, size_t n)
{
	struct got *got = x->arg;

	if (x->passed == n)	/* its first bytes, perhaps of another try */
		got->out->n = got->had;
	got->full = n > got->max - (got->out->n - got->had);
	if (!got->full)
		buf_add(got->out, p, n);
	return !got->full;
}

int
client_get(struct client *c, const char *tail, struct buf *out, size_t max,
    struct buf *why)
{
	struct got got = {.out = out, .had = out->n, .max = max};
	struct http_exchange x = {.sink = keep, .arg = &got, .restartable = true};
	int status;

	if (c->http == NULL) {
		client_resolve(c, tail);
		client_open(c);
		client_confine(c, NULL, 0, NULL);
	} else {
		find_endpoint(c, tail);	/* of the same base: with the same key */
		c->options.url = c->endpoint.text;
	}
	status = run(c, &x, why);
	if (got.full) {
		buf_printf(why, "%s: longer than %zu bytes", c->endpoint.text, max);
		status = EX_DATAERR;
	}
	http_free(&x);
	return status;
}

void
client_close(struct client *c)
{
	diag_hide(NULL);
	http_close(c->http);
	url_free(&c->endpoint);
	key_free(&c->key_source);
	redact_free(&c->redact);
	mem_forget(c->key);
	while (c->nheaders > 0)
		mem_forget(c->headers[--c->nheaders]);
	free(c->headers);
	free(c->header_files);
	*c = (struct client){0};
}
