#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "apierror.h"
#include "config.h"
#include "diag.h"
#include "host.h"
#include "json.h"
#include "outcome.h"
#include "redact.h"
#include "term.h"

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
	static const char space[] = {' ', '\t', '\r', '\n'};
	struct buf b = {0};
	size_t len;

	for (; n > 0 && memchr(space, *p, sizeof(space)) != NULL; n--)
		p++;
	while (n > 0 && memchr(space, p[n - 1], sizeof(space)) != NULL)
		n--;
	redact_add(x->options->redact, &b, p, n, 0);
	len = b.n;
	if (len > MAX_SHOWN) {
		len = MAX_SHOWN;
		while (len > 0 && ((unsigned char)b.p[len] & 0xc0) == 0x80)
			len--;	/* not in the middle of a character */
	}
	term_string(out, b.p, len);
	if (len < b.n)
		buf_adds(out, "…");
	buf_free(&b);
}

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

/* Appends libcurl's words for what went wrong. */
static void
add_why(const struct http_exchange *x, struct buf *out)
{
	const char *why = x->why[0] != '\0' ? x->why : curl_easy_strerror(x->code);

	redact_add(x->options->redact, out, why,
	    strlen(why), REDACT_URLS);
	if (x->status == 0)
		add_proxy(x, why, out);
}

/*
 * What stands between <name …> and the next "<" of a body, its white space made one
 * space each; nothing where there is no such tag.
 */
static void
add_element(const struct http_exchange *x, const char *name, struct buf *out)
{
	const char *p = x->error.p, *end = p + x->error.n, *close;
	size_t n = strlen(name), i;
	struct buf text = {0};

	for (; p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++)
		if ((size_t)(end - p) > n + 1 && strncasecmp(p + 1, name, n) == 0 &&
		    strchr("> \t\r\n", p[n + 1]) != NULL)
			break;
	p = p != NULL && p < end ? memchr(p, '>', (size_t)(end - p)) : NULL;
	close = p != NULL ? memchr(p, '<', (size_t)(end - p)) : NULL;
	if (close == NULL)
		return;
	buf_add(&text, p + 1, (size_t)(close - p - 1));
	for (i = 0; i < text.n; i++)
		if (strchr("\t\r\n", text.p[i]) != NULL && text.p[i] != '\0')
			text.p[i] = ' ';
	add_said(x, out, text.p, text.n);
	buf_free(&text);
}

/*
 * What a page says: HTML in its title, XML in its message, without the HTTP status
 * that many repeat. False where the body is no page.
 */
static bool
add_page(const struct http_exchange *x, long http, struct buf *out)
{
	static const char *const names[] = {"title", "message", "h1"};
	size_t start = 0, i;
	char number[8];

	while (start < x->error.n && strchr(" \t\r\n\xef\xbb\xbf",
	    x->error.p[start]) != NULL)
		start++;
	if (start == x->error.n || x->error.p[start] != '<')
		return false;
	for (i = 0; out->n == 0 && i < sizeof(names) / sizeof(*names); i++)
		add_element(x, names[i], out);
	(void)snprintf(number, sizeof(number), "%ld ", http);
	i = strlen(number);
	if (out->n > i && memcmp(out->p, number, i) == 0) {
		out->n -= i;
		memmove(out->p, out->p + i, out->n);
	}
	return true;
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
	const char *p = x->error.p, *end, *newline;

	if (x->error.n == 0)
		return;
	end = p + x->error.n;
	for (; out->n == 0 && p < end; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		if (newline == NULL)
			newline = end;
		add_said(x, out, p, (size_t)(newline - p));
	}
}

/* What the server says of its failure: its message, or the next best. */
static void
add_message(const struct http_exchange *x, long http, struct json error,
    struct buf *out)
{
	struct buf text = {0}, said = {0};
	const char *name = status_name(http);

	apierror_message(error, &text);
	add_said(x, &said, text.p, text.n);
	if (said.n == 0 && error.p == NULL && !add_page(x, http, &said))
		add_first_line(x, &said);
	if (said.n == 0)
		add_said(x, &said, x->said.reason.p, x->said.reason.n);
	if (said.n == 0)
		buf_adds(&said, name);
	if (said.n > 0) {
		buf_adds(out, ": ");
		buf_add(out, said.p, said.n);
	}
	buf_free(&text);
	buf_free(&said);
}

static bool
says(struct buf text, const char *s)
{
	return text.n == strlen(s) && strncasecmp(text.p, s, text.n) == 0;
}

static bool
may_help(const struct http_exchange *x, int status)
{
	if (status == EX_PROTOCOL)
		return false;
	if (says(x->said.should_retry, "true"))
		return true;
	if (says(x->said.should_retry, "false"))
		return false;
	return status == EX_TEMPFAIL || status == EX_UNAVAILABLE;
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

/* Any number, another one in another process and at another time. */
static unsigned
chance(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);	/* often in steps of 16 ns or more */
	return (unsigned)t.tv_nsec / 16 ^ (unsigned)getpid() << 16;
}

long
outcome_wait(long asked, unsigned tries)
{
	return asked >= 0 ? asked : outcome_backoff(tries, chance());
}

/* A decimal number, alone but for spaces, times unit; -1 for anything else. */
static long
decimal(const char *s, long unit)
{
	double x = 0, place = 1;

	s += strspn(s, " \t");
	if (!isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s); s++)
		x = x * 10 + (*s - '0');
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s); s++)
			x += (*s - '0') * (place /= 10);
	if (s[strspn(s, " \t")] != '\0')
		return -1;
	x = x * (double)unit + 0.5;
	return x < (double)LONGEST_WAIT ? (long)x : LONGEST_WAIT;
}

long
outcome_after(const char *after_ms, const char *after, const char *date,
    long long now)
{
	long ms = after_ms != NULL ? decimal(after_ms, 1) : -1;
	long long at, from;

	if (ms == -1 && after != NULL)
		ms = decimal(after, 1000);
	if (ms != -1 || after == NULL)
		return ms;
	at = (long long)curl_getdate(after, NULL);
	if (at == -1)
		return -1;
	from = date != NULL ? (long long)curl_getdate(date, NULL) : -1;
	if (from == -1)
		from = now;
	if (at <= from)
		return 0;
	return at - from < LONGEST_WAIT / 1000 ? (long)(at - from) * 1000 : LONGEST_WAIT;
}

/* A header's value; NULL where it was not sent. */
static const char *
value(const struct buf *said)
{
	return said->n > 0 ? said->p : NULL;
}

/* A response whose status is no 2xx, from the server or from a proxy. */
static void
judge_status(const struct http_exchange *x, long http, struct outcome *o)
{
	struct json error = apierror_parse(x->error.p, x->error.n);

	if (http != x->status)
		buf_adds(&o->message, "proxy: ");
	buf_printf(&o->message, "HTTP %ld", http);
	o->status = apierror_http(http);
	if (http < 400 && x->said.location.n > 0) {
		buf_adds(&o->message, ": a redirect, which is not followed, to ");
		add_said(x, &o->message, x->said.location.p,
		    x->said.location.n);
	} else {
		add_message(x, http, error, &o->message);
		/* Most often the base URL is wrong. */
		if (http == 404 || http == 405)
			buf_printf(&o->message, ", at %s", x->options->url);
	}
	if (x->said.request_id.n > 0) {
		buf_adds(&o->message, " (request id ");
		add_said(x, &o->message, x->said.request_id.p,
		    x->said.request_id.n);
		buf_addc(&o->message, ')');
	}
	o->retry = may_help(x, o->status);
	o->wait_ms = outcome_after(value(&x->said.retry_after_ms),
	    value(&x->said.retry_after), value(&x->said.date), (long long)time(NULL));
	if (apierror_quota(error)) {
		o->status = EX_NOPERM;
		o->retry = false;
	}
	if (o->retry && o->wait_ms > OUTCOME_MAX_WAIT) {
		o->status = EX_TEMPFAIL;
		o->retry = false;
		if (o->wait_ms > DAY_MS)
			buf_adds(&o->message, ": try again in over a day");
		else
			buf_printf(&o->message, ": try again in %ld s",
			    (o->wait_ms + 999) / 1000);
	}
}

static void
judge_limit(const struct http_exchange *x, struct outcome *o)
{
	const struct http_options *limits = x->options;

	o->status = EX_TEMPFAIL;
	o->retry = x->restartable && x->limit != HTTP_DEADLINE;
	switch (x->limit) {
	case HTTP_FIRST_BYTE:
		buf_printf(&o->message, "no answer within %g s"
		    " (--first-byte-timeout)", (double)limits->first_byte_ms / 1000);
		break;
	case HTTP_IDLE:
		buf_printf(&o->message, "the answer stopped after %llu bytes:"
		    " nothing came for %g s (--idle-timeout)", x->passed,
		    (double)limits->idle_ms / 1000);
		break;
	case HTTP_DEADLINE:
		buf_printf(&o->message, "not done within the time limit"
		    " (--max-time)%s", x->passed > 0 ? ": the answer is cut" : "");
		break;
	case HTTP_REST:		/* over: not judged by it */
	case HTTP_NO_LIMIT:
		buf_adds(&o->message, "no connection in time"
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

/* A line of over 100 KiB is "out of memory" to libcurl before 8.6. */
static bool
is_long_header(const struct http_exchange *x)
{
	return x->code == CURLE_OUT_OF_MEMORY && x->connected && !x->head_done;
}

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

/* A transfer that libcurl saw fail. */
static void
judge_code(const struct http_exchange *x, struct outcome *o)
{
	o->status = status_of_code(x->code, &o->retry);
	if (x->passed > 0)
		o->retry = o->retry && x->restartable;
	if (x->status != 0 && o->status == EX_UNAVAILABLE)
		o->status = EX_PROTOCOL;	/* it was reached, and began */
	if (x->status != 0)
		buf_printf(&o->message, "the answer was cut after %llu bytes: ",
		    x->passed);
	else
		buf_printf(&o->message, "%s: ", x->options->url);
	add_why(x, &o->message);
}

static void
judge_transfer(const struct http_exchange *x, struct outcome *o)
{
	bool ok = x->code == CURLE_OK;

	if (x->cut) {
		judge(o, EX_PROTOCOL, x->restartable, "the answer was cut after %llu"
		    " bytes: its compressed form has no end", x->passed);
	} else if (x->said.coding.n > 0) {
		judge(o, EX_PROTOCOL, false, "HTTP %ld: the body is encoded as ",
		    x->status);
		add_said(x, &o->message, x->said.coding.p, x->said.coding.n);
		buf_adds(&o->message, ": only gzip is read, whose end can be told"
		    " from a cut");
	} else if (ok && x->passed > 0) {
		return;
	} else if (ok && !x->head_done) {
		judge(o, EX_PROTOCOL, true, "the connection was closed in the middle of"
		    " the response's header");
	} else if (ok) {
		judge(o, EX_PROTOCOL, false, "HTTP %ld: the body is empty", x->status);
	} else if (is_long_header(x)) {
		judge(o, EX_PROTOCOL, false, "the response has a header too long");
	} else if (x->no_files) {
		judge(o, EX_OSERR, false, "%s: out of file descriptors (ulimit -n)",
		    x->options->url);
	} else {
		judge_code(x, o);
	}
}

/* Whether the body was damaged: libcurl has another code where it stops at once. */
static bool
is_damaged(const struct http_exchange *x)
{
	return x->code == CURLE_BAD_CONTENT_ENCODING ||
	    x->code == CURLE_WRITE_ERROR;
}

/* The answer is there: how its transfer ended matters to its checksum alone. */
static void
judge_rest(const struct http_exchange *x, struct outcome *o)
{
	if (!is_damaged(x))
		return;
	o->status = EX_PROTOCOL;
	buf_printf(&o->message, "the answer is damaged, after %llu bytes: ",
	    x->passed);
	add_why(x, &o->message);
}

void
outcome_of(const struct http_exchange *x, struct outcome *o)
{
	bool proxy = x->status == 0 && x->proxy_status >= 300;

	buf_clear(&o->message);
	o->status = 0;
	o->retry = false;
	o->wait_ms = -1;
	if (x->stopped)		/* the one who did it knows why */
		o->status = EX_IOERR;
	else if (x->over)
		judge_rest(x, o);
	else if (proxy)
		judge_status(x, x->proxy_status, o);
	else if (x->status >= 300 || (x->status > 0 && x->status < 200))
		judge_status(x, x->status, o);
	else if (x->limit != HTTP_NO_LIMIT ||
	    x->code == CURLE_OPERATION_TIMEDOUT)
		judge_limit(x, o);
	else
		judge_transfer(x, o);
}
