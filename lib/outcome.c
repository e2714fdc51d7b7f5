#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apierror.h"
#include "config.h"
#include "diag.h"
#include "host.h"
#include "json.h"
#include "mem.h"
#include "outcome.h"
#include "redact.h"
#include "term.h"
#include "utf8.h"
#include "when.h"

enum {
	MAX_SHOWN = 1000,	/* bytes of a server's message that are shown */
	DAY_MS = 24 * 3600 * 1000,
	FIRST_WAIT = 500,	/* ms, of the back-off */
	LAST_WAIT = 8000,
	LONGEST_WAIT = 2000000000,	/* ms, 23 days: what is longer is not told apart */
};

/*
 * Appends what a server said, without the white space around it, secrets hidden
 * and cut where it goes on and on. A message is a string: a NUL is shown in it.
 */
static void
add_said(const struct http_exchange *x, struct buf *out, const char *p, size_t n)
{
	struct buf b = {0};
	size_t len;

	for (; n > 0 && json_is_space(*p); n--)
		p++;
	while (n > 0 && json_is_space(p[n - 1]))
		n--;
	redact_add(x->options->redact, &b, p, n, 0);
	len = utf8_cut(b.p, b.n, MAX_SHOWN);
	term_string(out, b.p, len);
	if (len < b.n)
		buf_adds(out, "…");
	buf_free(&b);
}

/* Sets what an end means, and appends why. */
static void judge(struct outcome *o, int status, bool retry, const char *fmt, ...)
    BUF_PRINTF(4, 5);

static void
judge(struct outcome *o, int status, bool retry, const char *fmt, ...)
{
	va_list ap;

	o->status = status;
	o->retry = retry;
	va_start(ap, fmt);
	buf_vprintf(&o->message, fmt, ap);
	va_end(ap);
}

/* libcurl's words for what went wrong. */

/* The proxy that libcurl would take, and which option or variable says so. */
static const char *
proxy_of(const struct http_options *o, const char **from)
{
	static const char *const names[] = {
		"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY",
	};
	bool https = strncmp(o->url, "https:", 6) == 0;
	const char *s = NULL;
	size_t i;

	*from = "--proxy";
	if (o->loopback || o->proxy != NULL)
		return o->loopback ? NULL : o->proxy;
	for (i = 0; s == NULL && i < sizeof(names) / sizeof(*names); i++) {
		*from = names[i];
		if (i > 2 || https == (i < 2))
			s = config_variable(names[i]);
	}
	return s;
}

/* Names the proxy where libcurl's words are about that: few know of theirs. */
static void
add_proxy(const struct http_exchange *x, const char *why, struct buf *out)
{
	const char *from, *proxy = proxy_of(x->options, &from), *host;
	struct buf url = {0}, name = {0};
	size_t n;

	if (proxy == NULL)
		return;
	buf_printf(&url, "%s%s", strstr(proxy, "://") != NULL ? "" : "http://",
	    proxy);
	host = host_of(buf_string(&url), &n);
	buf_add(&name, host, n);
	if (x->code == CURLE_COULDNT_RESOLVE_PROXY ||
	    (n > 0 && strstr(why, buf_string(&name)) != NULL)) {
		buf_printf(out, " (the proxy of %s: ", from);
		redact_add(x->options->redact, out, proxy, strlen(proxy),
		    REDACT_URLS);
		buf_addc(out, ')');
	}
	buf_free(&url);
	buf_free(&name);
}

static void
add_why(const struct http_exchange *x, struct buf *out)
{
	const char *why = x->why[0] != '\0' ? x->why : curl_easy_strerror(x->code);

	redact_add(x->options->redact, out, why, strlen(why), REDACT_URLS);
	if (x->status == 0)
		add_proxy(x, why, out);
}

/* A server's words. */

/*
 * What stands between <name …> and the next "<" of a page up to end, a NUL; nothing
 * without such a tag.
 */
static void
add_element(const struct http_exchange *x, const char *page, const char *end,
    const char *name, struct buf *out)
{
	size_t n = strlen(name);
	struct buf line = {0};
	const char *p = page, *stop;

	while ((p = memchr(p, '<', (size_t)(end - p))) != NULL &&
	    (strncasecmp(++p, name, n) != 0 || strchr("> \t\r\n", p[n]) == NULL))
		;
	p = p != NULL ? memchr(p, '>', (size_t)(end - p)) : NULL;
	stop = p != NULL ? memchr(p, '<', (size_t)(end - p)) : NULL;
	if (stop == NULL)
		return;
	apierror_text(p + 1, (size_t)(stop - p - 1), &line);
	add_said(x, out, line.p, line.n);
	buf_free(&line);
}

/*
 * What a page says: HTML in its title, XML in its message, without the HTTP status
 * that many repeat. False where the body is no page.
 */
static bool
add_page(const struct http_exchange *x, long http, struct buf *out)
{
	static const char *const names[] = {"title", "message", "h1"};
	struct buf body = {0};
	const char *page;
	char number[8];
	bool is_page;
	size_t i;

	buf_add(&body, x->error.p, x->error.n);
	page = buf_string(&body);
	page += strspn(page, " \t\r\n\xef\xbb\xbf");
	is_page = *page == '<';
	for (i = 0; is_page && out->n == 0 && i < sizeof(names) / sizeof(*names); i++)
		add_element(x, page, body.p + body.n, names[i], out);
	buf_free(&body);
	i = (size_t)snprintf(number, sizeof(number), "%ld ", http);
	if (out->n > i && memcmp(out->p, number, i) == 0) {
		out->n -= i;
		memmove(out->p, out->p + i, out->n);
	}
	return is_page;
}

/* The name of an HTTP status (RFC 9110, section 15), which HTTP/2 does not send. */
static const char *
status_name(long http)
{
	static const struct {
		long		 http;
		const char	*name;
	} names[] = {
		{400, "Bad Request"}, {401, "Unauthorized"},
		{402, "Payment Required"}, {403, "Forbidden"},
		{404, "Not Found"}, {405, "Method Not Allowed"},
		{407, "Proxy Authentication Required"},
		{408, "Request Timeout"}, {409, "Conflict"},
		{413, "Content Too Large"}, {422, "Unprocessable Content"},
		{429, "Too Many Requests"}, {500, "Internal Server Error"},
		{502, "Bad Gateway"}, {503, "Service Unavailable"},
		{504, "Gateway Timeout"}, {529, "Overloaded"},
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].http == http)
			return names[i].name;
	return "";
}

/* The first line that is not blank. */
static void
add_first_line(const struct http_exchange *x, struct buf *out)
{
	const char *p = x->error.p, *newline;
	size_t left = x->error.n, n;

	for (; out->n == 0 && left > 0; p += n, left -= n) {
		newline = memchr(p, '\n', left);
		n = newline != NULL ? (size_t)(newline - p) + 1 : left;
		add_said(x, out, p, newline != NULL ? n - 1 : n);
	}
}

/* "HTTP/1.1 503 Service Unavailable": the words, which HTTP/2 has not. */
static void
add_reason(const struct http_exchange *x, struct buf *out)
{
	const char *p = x->head.p, *newline;
	int spaces = 0;

	newline = x->head.n > 0 ? memchr(p, '\n', x->head.n) : NULL;
	if (newline == NULL)
		return;
	for (; p < newline && spaces < 2; p++)
		spaces += *p == ' ';
	add_said(x, out, p, (size_t)(newline - p));
}

/* What the server says of its failure: its message, or the next best. */
static void
add_message(const struct http_exchange *x, long http, struct json error,
    struct buf *out)
{
	struct buf text = {0}, said = {0};

	apierror_message(error, &text);
	add_said(x, &said, text.p, text.n);
	if (said.n == 0 && error.p == NULL && !add_page(x, http, &said))
		add_first_line(x, &said);
	if (said.n == 0)
		add_reason(x, &said);
	if (said.n == 0)
		buf_adds(&said, status_name(http));
	if (said.n > 0)
		buf_printf(out, ": %s", buf_string(&said));
	buf_free(&text);
	buf_free(&said);
}

/* Waiting. */

long
outcome_backoff(unsigned tries, unsigned random)
{
	long wait = FIRST_WAIT;

	for (; tries > 1 && wait < LAST_WAIT; tries--)
		wait *= 2;
	return wait - (long)(random % (unsigned)(wait / 4 + 1));
}

long
outcome_wait(const struct outcome *o, unsigned tries)
{
	uint64_t chance = when_chance();

	/* Its upper half are nanoseconds, which often go in steps of 16 or more. */
	return o->wait_ms >= 0 ? o->wait_ms :
	    outcome_backoff(tries, (unsigned)(chance >> 36 ^ chance));
}

bool
outcome_again(const struct outcome *o, unsigned tries, long retries, long long at,
    long long deadline)
{
	return o->retry && tries <= (unsigned long)retries &&
	    (deadline == 0 || at < deadline);
}

/* A decimal number, alone but for spaces, times unit; -1 for anything else. */
static long
decimal(const char *s, long unit)
{
	char *end;
	double x;

	s += strspn(s, " \t");
	x = strtod(s, &end) * (double)unit + 0.5;
	if (!isdigit((unsigned char)*s) || s[strspn(s, "0123456789. \t")] != '\0' ||
	    end[strspn(end, " \t")] != '\0')
		return -1;
	return x < (double)LONGEST_WAIT ? (long)x : LONGEST_WAIT;
}

long
outcome_after(const char *after_ms, const char *after, const char *date,
    long long now)
{
	long ms = decimal(after_ms, 1);
	long long at, from;

	if (ms == -1)
		ms = decimal(after, 1000);
	at = ms == -1 ? (long long)curl_getdate(after, NULL) : -1;
	if (at == -1)
		return ms;
	from = (long long)curl_getdate(date, NULL);
	if (from == -1)
		from = now;
	if (at <= from)
		return 0;
	return at - from < LONGEST_WAIT / 1000 ? (long)(at - from) * 1000 : LONGEST_WAIT;
}

/* A header's value as a string; owned; empty where it was not sent. */
static char *
header(const struct http_exchange *x, const char *name)
{
	size_t n;
	const char *value = http_header(x, name, &n);

	return mem_copy(value, n);
}

/* What an error asks to wait: "36s" in one of its details, a google.rpc.RetryInfo. */
static long
asked_in_body(struct json error)
{
	struct json_iter i;
	struct json name, detail;
	char *delay;
	long wait = -1;
	size_t n;

	for (i = json_first(json_get(error, "details"));
	    wait == -1 && json_more(&i, &name, &detail);) {
		delay = json_string(json_get(detail, "retryDelay"));
		n = delay != NULL ? strlen(delay) : 0;
		if (n > 0 && delay[n - 1] == 's') {
			delay[n - 1] = '\0';
			wait = decimal(delay, 1000);
		}
		free(delay);
	}
	return wait;
}

static long
asked_wait(const struct http_exchange *x, struct json error)
{
	char *ms = header(x, "retry-after-ms"), *after = header(x, "retry-after");
	char *date = header(x, "date");
	long wait = outcome_after(ms, after, date, when_wall() / 1000);

	free(ms);
	free(after);
	free(date);
	return wait != -1 ? wait : asked_in_body(error);
}

/* Ends. */

static bool
may_help(const struct http_exchange *x, int status)
{
	bool may = status == EX_TEMPFAIL || status == EX_UNAVAILABLE;
	char *said = header(x, "x-should-retry");

	if (strcasecmp(said, may ? "false" : "true") == 0)
		may = !may;
	free(said);
	return may && status != EX_PROTOCOL;
}

const char *
outcome_request_id(const struct http_exchange *x, size_t *n)
{
	const char *id = http_header(x, "x-request-id", n);

	return *n > 0 ? id : http_header(x, "request-id", n);
}

/* A response whose status is no 2xx, from the server or from a proxy. */
static void
judge_status(const struct http_exchange *x, long http, struct outcome *o)
{
	struct json error = apierror_parse(x->error.p, x->error.n);
	int status = apierror_quota(error) ? EX_NOPERM : apierror_http(http);
	const char *value;
	size_t n;

	judge(o, status, may_help(x, status) && !apierror_quota(error), "%s %ld",
	    http != x->status ? "proxy: HTTP" : "HTTP", http);
	value = http_header(x, "location", &n);
	if (http < 400 && n > 0) {
		buf_adds(&o->message, ": a redirect, which is not followed, to ");
		add_said(x, &o->message, value, n);
	} else {
		add_message(x, http, error, &o->message);
		/* Most often the base URL is wrong. */
		if (http == 404 || http == 405)
			buf_printf(&o->message, ", at %s", x->options->url);
	}
	value = outcome_request_id(x, &n);
	if (n > 0) {
		buf_adds(&o->message, " (request id ");
		add_said(x, &o->message, value, n);
		buf_addc(&o->message, ')');
	}
	o->wait_ms = asked_wait(x, error);
	if (!o->retry || o->wait_ms <= OUTCOME_MAX_WAIT)
		return;
	if (o->wait_ms > DAY_MS)
		judge(o, EX_TEMPFAIL, false, ": try again in over a day");
	else
		judge(o, EX_TEMPFAIL, false, ": try again in %ld s",
		    (o->wait_ms + 999) / 1000);
}

bool
outcome_names(const struct http_exchange *x, const char *member)
{
	struct buf text = {0};
	bool named;

	if (x->status != 400 && x->status != 422 && x->status != 500 &&
	    x->status != 501)
		return false;
	(void)apierror_text(x->error.p, x->error.n, &text);
	json_text(json_get(apierror_parse(x->error.p, x->error.n), "param"), &text);
	named = strstr(buf_string(&text), member) != NULL;
	buf_free(&text);
	return named;
}

static void
judge_limit(const struct http_exchange *x, struct outcome *o)
{
	const struct http_options *limits = x->options;
	bool again = x->restartable;

	switch (x->limit) {
	case HTTP_FIRST_BYTE:
		judge(o, EX_TEMPFAIL, again, "no answer within %g s"
		    " (--first-byte-timeout)", (double)limits->first_byte_ms / 1000);
		break;
	case HTTP_IDLE:
		judge(o, EX_TEMPFAIL, again, "the answer stopped after %llu bytes:"
		    " nothing came for %g s (--idle-timeout)", x->passed,
		    (double)limits->idle_ms / 1000);
		break;
	case HTTP_DEADLINE:
		judge(o, EX_TEMPFAIL, false, "not done within the time limit"
		    " (--max-time)%s", x->passed > 0 ? ": the answer is cut" : "");
		break;
	case HTTP_REST:		/* over: not judged by it */
	case HTTP_NO_LIMIT:
		judge(o, EX_TEMPFAIL, again, "no connection in time"
		    " (--connect-timeout): ");
		add_why(x, &o->message);
	}
}

/* Where there was no whole response: the status, and whether a try may help. */
static int
status_of_code(CURLcode code, bool *retry)
{
	*retry = false;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:	/* a resolver may be down for a moment */
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:	/* also a connection cut in the handshake */
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		*retry = true;
		return EX_UNAVAILABLE;
	case CURLE_UNSUPPORTED_PROTOCOL:	/* HTTP/0.9; ours is http or https */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_WRITE_ERROR:
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:	/* a header, or all of them */
#endif
		return EX_PROTOCOL;
	case CURLE_OUT_OF_MEMORY:
		return EX_OSERR;
	default:
		return EX_UNAVAILABLE;
	}
}

/* A transfer that libcurl saw fail. */
static void
judge_code(const struct http_exchange *x, struct outcome *o)
{
	bool retry, began = x->status != 0;
	int status = status_of_code(x->code, &retry);

	if (x->passed > 0)
		retry = retry && x->restartable;
	if (began && status == EX_UNAVAILABLE)
		status = EX_PROTOCOL;	/* it was reached */
	if (began)
		judge(o, status, retry, "the answer was cut after %llu bytes: ",
		    x->passed);
	else
		judge(o, status, retry, "%s: ", x->options->url);
	add_why(x, &o->message);
}

static void
judge_transfer(const struct http_exchange *x, struct outcome *o)
{
	bool ok = x->code == CURLE_OK;

	if (x->cut) {
		judge(o, EX_PROTOCOL, x->restartable, "the answer was cut after %llu"
		    " bytes: its compressed form has no end", x->passed);
	} else if (x->coding.n > 0) {
		judge(o, EX_PROTOCOL, false, "HTTP %ld: the body is encoded as ",
		    x->status);
		add_said(x, &o->message, x->coding.p, x->coding.n);
		buf_adds(&o->message, ": only gzip is read, whose end can be told"
		    " from a cut");
	} else if (ok && x->passed > 0) {
		return;
	} else if (ok && !x->head_done) {
		judge(o, EX_PROTOCOL, true, "the connection was closed in the middle of"
		    " the response's header");
	} else if (ok) {
		judge(o, EX_PROTOCOL, false, "HTTP %ld: the body is empty", x->status);
	} else if (x->code == CURLE_OUT_OF_MEMORY && x->connected && !x->head_done) {
		/* So libcurl before 8.6 calls a line of over 100 KiB. */
		judge(o, EX_PROTOCOL, false, "the response has a header too long");
	} else if (x->no_files) {
		judge(o, EX_OSERR, false, "%s: out of file descriptors (ulimit -n)",
		    x->options->url);
	} else {
		judge_code(x, o);
	}
}

/*
 * The answer is there: how its transfer ended matters to its checksum alone. libcurl
 * has another code for one that is wrong where it stops at once.
 */
static void
judge_rest(const struct http_exchange *x, struct outcome *o)
{
	if (x->code != CURLE_BAD_CONTENT_ENCODING && x->code != CURLE_WRITE_ERROR)
		return;
	judge(o, EX_PROTOCOL, false, "the answer is damaged, after %llu bytes: ",
	    x->passed);
	add_why(x, &o->message);
}

void
outcome_of(const struct http_exchange *x, struct outcome *o)
{
	buf_clear(&o->message);
	*o = (struct outcome){.wait_ms = -1, .message = o->message};
	if (x->stopped)		/* the one who did it knows why */
		o->status = EX_IOERR;
	else if (x->over)
		judge_rest(x, o);
	else if (x->status == 0 && x->proxy_status >= 300)
		judge_status(x, x->proxy_status, o);
	else if (x->status > 0 && !http_is_good(x))
		judge_status(x, x->status, o);
	else if (x->limit != HTTP_NO_LIMIT || x->code == CURLE_OPERATION_TIMEDOUT)
		judge_limit(x, o);
	else
		judge_transfer(x, o);
}

void
outcome_answer(struct outcome *o, const struct http_exchange *x, bool counts,
    int status, const struct buf *why)
{
	if (!http_is_good(x))
		return;
	if (counts) {
		o->status = status;
		buf_clear(&o->message);
		buf_add(&o->message, why->p, why->n);
	}
	o->wait_ms = -1;
	o->retry = x->limit != HTTP_DEADLINE && x->coding.n == 0 &&
	    (o->status == EX_UNAVAILABLE || o->status == EX_TEMPFAIL ||
	    o->status == EX_PROTOCOL);
}
