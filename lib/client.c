#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"
#include "config.h"
#include "diag.h"
#include "fd.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "outcome.h"
#include "sandbox.h"
#include "when.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum {
	MAX_HEADERS = 1 << 20,	/* bytes of a --header @FILE */
	LOOK_MS = 1000,		/* where poll is blind to it: how often to look
				   whether the reader is gone */
};

/* Options. */

void
client_init(struct client *c)
{
	*c = (struct client){
		.retries = 2,
		.options = {
			.connect_ms = 10 * 1000L,
			.first_byte_ms = 3600 * 1000L,
			.idle_ms = 600 * 1000L,
		},
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
	struct http_options *o = &c->options;

	c->header_files = mem_resize(c->header_files, o->nheaders + 1,
	    sizeof(*c->header_files));
	c->header_files[o->nheaders] = file;
	o->headers = mem_resize(o->headers, o->nheaders + 1, sizeof(*o->headers));
	o->headers[o->nheaders++] = mem_string(line);
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

/* The options that only set a member, which stands at this place in a client. */
static const struct {
	int		 key;
	enum { TEXT, FLAG, TIME } kind;
	size_t		 at;
	const char	*name;		/* of a time, for messages */
} settings[] = {
	{CLIENT_URL, TEXT, offsetof(struct client, url), NULL},
	{CLIENT_KEY_FILE, TEXT, offsetof(struct client, key_file), NULL},
	{CLIENT_CACERT, TEXT, offsetof(struct client, options.cacert), NULL},
	{CLIENT_PROXY, TEXT, offsetof(struct client, options.proxy), NULL},
	{CLIENT_NO_KEY, FLAG, offsetof(struct client, no_key), NULL},
	{CLIENT_INSECURE, FLAG, offsetof(struct client, insecure_http), NULL},
	{'v', FLAG, offsetof(struct client, options.verbose), NULL},
	{CLIENT_CONNECT, TIME, offsetof(struct client, options.connect_ms),
	    "--connect-timeout"},
	{CLIENT_FIRST_BYTE, TIME, offsetof(struct client, options.first_byte_ms),
	    "--first-byte-timeout"},
	{CLIENT_IDLE, TIME, offsetof(struct client, options.idle_ms), "--idle-timeout"},
	{CLIENT_MAX_TIME, TIME, offsetof(struct client, max_ms), "--max-time"},
};

bool
client_option(struct client *c, const struct opt_tool *tool, int key,
    const char *arg)
{
	size_t i = 0;
	void *member;

	while (i < COUNT(settings) && settings[i].key != key)
		i++;
	if (i == COUNT(settings)) {
		if (key == CLIENT_HEADER)
			take_header(c, tool, arg);
		else if (key == CLIENT_RETRIES)
			c->retries = opt_count(tool, "--retries", arg, 0, 1000);
		return key == CLIENT_HEADER || key == CLIENT_RETRIES;
	}
	member = (char *)c + settings[i].at;
	if (settings[i].kind == TEXT)
		*(const char **)member = arg;
	else if (settings[i].kind == FLAG)
		*(bool *)member = true;
	else
		*(long *)member = opt_seconds(tool, settings[i].name, arg);
	return true;
}

void
client_request(const char *file, size_t max, struct buf *out)
{
	const char *name = file != NULL ? file : "standard input";
	int status = io_slurp(file != NULL ? file : "-", IO_TEXT | IO_LIMIT,
	    out, max);
	struct json_fault fault;
	struct json v;
	size_t start;

	if (status != 0)
		exit(status);
	if (file == NULL && out->n == 0)	/* the stage before has said why */
		exit(EX_NOINPUT);
	start = strspn(buf_string(out), " \t\r\n");
	if (start == out->n)
		diag_die(EX_NOINPUT, "%s: empty", name);
	if (json_parse(out->p, out->n, &v, &fault)) {
		if (json_type(v) != JSON_OBJECT)
			diag_die(EX_DATAERR, "%s: not a JSON object", name);
		return;
	}
	if (out->p[start] == '{' && fault.at < out->n && out->p[fault.at] == '{' &&
	    strcmp(fault.why, "more than one value") == 0)
		diag_die(EX_DATAERR, "%s: more than one request: one at a time;"
		    " supai-batch does many", name);
	diag_die(EX_DATAERR, "%s: not JSON: %s at byte %zu", name, fault.why,
	    fault.at + 1);
}

static void
find_endpoint(struct client *c, const char *tail)
{
	const char *text = c->url, *fault;
	struct buf shown = {0};

	url_free(&c->endpoint);
	if (text == NULL)
		text = config_variable("SUPAI_BASE_URL");
	if (text == NULL)
		text = URL_BASE;
	fault = url_parse(&c->endpoint, text, c->url != NULL ? NULL : tail);
	if (fault == NULL)
		return;
	/* It may be wrong for a password in it: that is not shown. */
	redact_add(NULL, &shown, text, strlen(text), REDACT_URLS);
	diag_die(c->url != NULL ? EX_USAGE : EX_CONFIG, "%s: '%s': %s",
	    c->url != NULL ? "--url" : "SUPAI_BASE_URL", buf_string(&shown), fault);
}

void
client_resolve(struct client *c, const char *tail)
{
	find_endpoint(c, tail);
	/* A second one is of the same base: with the same key. */
	if (c->http == NULL && !c->no_key && !c->authorized)
		key_find(&c->key_source, c->key_file, &c->endpoint);
	c->options = client_way(c, &c->endpoint);
}

/* Else by the variables that curl(1) looks at, in its order; libcurl leaves that to us. */
static void
find_certificates(struct http_options *o, const struct url *u)
{
	const char *name = "CURL_CA_BUNDLE";

	if (o->cacert != NULL && access(o->cacert, R_OK) == -1)
		diag_die_errno(EX_NOINPUT, "--cacert %s", o->cacert);
	if (o->cacert != NULL || !u->https)
		return;
	o->cacert = config_variable(name);
	if (o->cacert == NULL) {
		o->capath = config_variable("SSL_CERT_DIR");
		name = "SSL_CERT_FILE";
		o->cacert = config_variable(name);
	}
	if (o->cacert != NULL && access(o->cacert, R_OK) == -1)
		diag_die_errno(EX_CONFIG, "%s: %s", name, o->cacert);
}

struct http_options
client_way(struct client *c, const struct url *u)
{
	struct http_options o;

	if (!u->https && !u->loopback && !c->insecure_http)
		diag_die(EX_CONFIG, "%s: plain http shows the key and the"
		    " request to the network: use https, or --insecure-http",
		    u->text);
	/* Else libcurl's TLS would write the connection's secrets there. */
	if (!c->options.verbose)
		(void)unsetenv("SSLKEYLOGFILE");
	find_certificates(&c->options, u);
	o = c->options;
	o.url = u->text;
	o.redact = &c->redact;
	o.loopback = u->loopback;
	return o;
}

void
client_open(struct client *c)
{
	bool may_lack = c->key_optional && c->key_source.kind == KEY_NONE;

	if (!c->no_key && !c->authorized && !may_lack) {
		c->options.key = key_read(&c->key_source, &c->endpoint);
		redact_value(&c->redact, c->options.key);
	}
	config_forget("SUPAI_API_KEY");
	diag_hide(&c->redact);
	c->http = http_open();
}

void
client_confine(const struct client *c, char *const *files, int nfiles,
    const char *output)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	const char *const more[] = {c->options.cacert, c->options.capath,
	    curl->cainfo, curl->capath};
	char **all = mem_zero((size_t)nfiles + COUNT(more), sizeof(*all));
	size_t i, n;

	for (n = 0; n < (size_t)nfiles; n++)
		all[n] = files[n];
	for (i = 0; i < COUNT(more); i++)
		if (more[i] != NULL)
			all[n++] = (char *)more[i];
	/* Some libcurls open what they were told to log to only when they connect. */
	if (output == NULL && c->options.verbose)
		output = getenv("SSLKEYLOGFILE");
	sandbox_client(all, n, output);
	free(all);
}

/* Signals. */

static int wake[2] = {-1, -1};
static volatile sig_atomic_t first, count;

static void
on_signal(int sig)
{
	if (first == 0)
		first = sig;
	count = count + 1;
	if (count > 2) {	/* it is stuck, in a write most likely */
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
	}
	fd_wake(wake);
}

static void
catch(int sig)
{
	struct sigaction sa;

	if (sigaction(sig, NULL, &sa) == -1 || sa.sa_handler == SIG_IGN)
		return;
	sa = (struct sigaction){.sa_handler = on_signal};
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

void
client_catch(void)
{
	if (!fd_waker(wake))
		diag_die_errno(EX_OSERR, "pipe");
	catch(SIGINT);
	catch(SIGTERM);
}

int
client_caught(int *sig)
{
	fd_drain(wake);
	*sig = (int)first;
	return (int)count;
}

bool
client_at_once(void)
{
	return count > 1;
}

void
client_die(int sig)
{
	sigset_t set;

	(void)signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(sig);
	_exit(EX_SOFTWARE);
}

/*
 * Waits until standard output takes bytes; what it takes at once is never too late, nor
 * left out for a signal.
 */
static enum client_written
wait_writable(long long deadline)
{
	struct pollfd fds[] = {
		{.fd = STDOUT_FILENO, .events = POLLOUT},
		{.fd = wake[0], .events = POLLIN},
	};
	long long left = -1;

	for (;;) {
		if (deadline != 0 && (left = deadline - when_now()) < 0)
			left = 0;
		(void)poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX);
		if (fds[0].revents != 0)
			return CLIENT_WRITTEN;
		if (fds[1].revents != 0)
			return CLIENT_SIGNAL;
		if (left == 0)
			return CLIENT_LATE;
	}
}

enum client_written
client_write(const char *p, size_t n, long long deadline)
{
	bool wait = deadline != 0 || wake[0] != -1;
	enum client_written end;
	ssize_t done;

	while (n > 0) {
		end = wait ? wait_writable(deadline) : CLIENT_WRITTEN;
		if (end != CLIENT_WRITTEN)
			return end;
		/* After a wait no more than surely fits. */
		done = write(STDOUT_FILENO, p, wait && n > PIPE_BUF ? PIPE_BUF : n);
		wait = wait || done == -1;	/* one that does not block */
		if (done == -1 && errno == EPIPE)
			client_die(SIGPIPE);
		if (done == -1 && errno != EINTR && errno != EAGAIN)
			diag_die_errno(EX_IOERR, "standard output");
		p += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return CLIENT_WRITTEN;
}

/*
 * Ends the program where its reader is gone, of which nothing but poll(2) tells:
 * libcurl's own poll wakes, but keeps POLLERR to itself. False when the descriptor is of
 * a kind that cannot be asked.
 */
static bool
check_reader(const struct client *c)
{
	struct pollfd fd = {.fd = c->reader};

	if (c->reader == -1 || poll(&fd, 1, 0) < 1)
		return c->reader != -1;
	if ((fd.revents & (POLLERR | POLLHUP)) != 0)
		client_die(SIGPIPE);
	return (fd.revents & POLLNVAL) == 0;
}

struct http_exchange *
client_wait(struct client *c, int fd, long ms)
{
	struct curl_waitfd fds[3];
	bool look = check_reader(c);
	unsigned n = 0;

	if (fd != -1)
		fds[n++] = (struct curl_waitfd){.fd = fd, .events = CURL_WAIT_POLLIN};
	if (wake[0] != -1)
		fds[n++] = (struct curl_waitfd){.fd = wake[0],
		    .events = CURL_WAIT_POLLIN};
	if (look)
		fds[n++] = (struct curl_waitfd){.fd = c->reader};
	if (look && (ms < 0 || ms > LOOK_MS))
		ms = LOOK_MS;
	return http_wait(c->http, fds, n, ms);
}

int
client_run(struct client *c, struct http_exchange *x, struct buf *why)
{
	struct outcome o = {0};
	bool noted = c->options.verbose || c->notes || isatty(STDERR_FILENO);
	long long next;
	unsigned tries = 0;
	long wait;

	x->options = &c->options;
	x->deadline = c->max_ms > 0 ? when_now() + c->max_ms : 0;
	for (;;) {
		http_start(c->http, x);
		tries++;
		while (client_wait(c, -1, -1) == NULL)
			;
		outcome_of(x, &o);
		wait = outcome_wait(&o, tries);
		next = when_now() + wait;
		if (!outcome_again(&o, tries, c->retries, next, x->deadline))
			break;
		if (noted)
			diag_warn("%s: trying again in %g s",
			    buf_string(&o.message), (double)wait / 1000);
		while ((wait = (long)(next - when_now())) > 0)
			client_wait(c, -1, wait);
	}
	buf_add(why, o.message.p, o.message.n);
	if (o.message.n > 0 && tries > 1)
		buf_printf(why, ", after %u tries", tries);
	buf_free(&o.message);
	return o.status;
}

void
client_close(struct client *c)
{
	diag_hide(NULL);
	http_close(c->http);
	url_free(&c->endpoint);
	key_free(&c->key_source);
	redact_free(&c->redact);
	mem_forget(c->options.key);
	while (c->options.nheaders > 0)
		mem_forget(c->options.headers[--c->options.nheaders]);
	free(c->options.headers);
	free(c->header_files);
	*c = (struct client){0};
}
