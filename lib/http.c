#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "diag.h"
#include "http.h"
#include "mem.h"
#include "when.h"

enum {
	MAX_HEAD = 256 << 10,	/* what is kept of a response's headers */
	MAX_ERROR = 64 << 10,	/* and of the body of an error */
	ERROR_BODY_MS = 5000,	/* how long that body is waited for */
	REST_MS = 1000,		/* for the end of a body that is over: its checksum */
	MAX_IDLE = 1024,	/* connections kept for the next exchange */
	KEEPALIVE = 60,		/* seconds; a NAT forgets silent connections */
	NEVER = 1 << 30,	/* "no limit", where libcurl's 0 is 300 s */
};

struct http {
	CURLM			*multi;
	struct http_exchange	*active;	/* a list */
	struct http_exchange	*ended;		/* by a limit; not returned yet */
	long long		 due;		/* no limit is reached before that */
};

/* What no option of ours can make fail; if it does, better no transfer at all. */
static void
must(CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		mem_out();
	if (code != CURLE_OK)
		diag_die(EX_SOFTWARE, "libcurl: %s", curl_easy_strerror(code));
}

static void
add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *grown = curl_slist_append(*list, line);

	if (grown == NULL)
		mem_out();
	*list = grown;
}

/* Adds one of our own headers, unless the caller has set it. */
static void
add_ours(const struct http_options *o, struct curl_slist **list,
    const char *line)
{
	size_t name = strcspn(line, ":") + 1, i;

	for (i = 0; i < o->nheaders; i++)
		if (strncasecmp(o->headers[i], line, name) == 0)
			return;
	add_header(list, line);
}

/* Whether libcurl can unpack what we ask for. */
static bool
has_gzip(void)
{
	return (curl_version_info(CURLVERSION_NOW)->features &
	    CURL_VERSION_LIBZ) != 0;
}

struct curl_slist *
http_headers(const struct http_options *o, bool post)
{
	struct curl_slist *list = NULL;
	struct buf b = {0};
	size_t i;

	for (i = 0; i < o->nheaders; i++)
		add_header(&list, o->headers[i]);
	if (post) {
		add_ours(o, &list, "Content-Type: application/json");
		add_ours(o, &list, "Accept: text/event-stream, application/json");
	} else {
		add_ours(o, &list, "Accept: application/json");
	}
	/* The one encoding whose end can be told from a cut. */
	if (has_gzip())
		add_ours(o, &list, "Accept-Encoding: gzip");
	buf_printf(&b, "User-Agent: %s/%s", diag_name(), SUPAI_VERSION);
	add_ours(o, &list, buf_string(&b));
	buf_clear(&b);
	if (o->key != NULL) {
		buf_printf(&b, "Authorization: Bearer %s", o->key);
		add_ours(o, &list, buf_string(&b));
	}
	/* Or a body over 1 MB waits a second for "100 Continue". */
	add_header(&list, "Expect:");
	buf_free(&b);
	return list;
}

struct http *
http_open(void)
{
	struct http *h = mem_zero(1, sizeof(*h));

	must(curl_global_init(CURL_GLOBAL_DEFAULT));
	errno = 0;
	h->multi = curl_multi_init();
	if (h->multi == NULL && (errno == EMFILE || errno == ENFILE))
		diag_die(EX_OSERR, "out of file descriptors (ulimit -n)");
	if (h->multi == NULL)
		mem_out();
	/* Else libcurl 8.14 closes the idle connections when all transfers end in one round. */
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)MAX_IDLE);
	return h;
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	curl_multi_cleanup(h->multi);
	free(h);
	curl_global_cleanup();
}

/* Whether a header line is the header name's; its value then goes to out. */
static bool
header(const char *p, size_t n, const char *name, struct buf *out)
{
	size_t len = strlen(name);

	if (n <= len || p[len] != ':' || strncasecmp(p, name, len) != 0)
		return false;
	for (p += len + 1, n -= len + 1; n > 0 && (*p == ' ' || *p == '\t'); n--)
		p++;
	buf_clear(out);
	buf_add(out, p, n);
	(void)buf_string(out);
	return true;
}

/* "HTTP/1.1 503 Service Unavailable": the words; HTTP/2 has none. */
static void
take_reason(struct buf *out, const char *p, size_t n)
{
	int spaces = 0;

	while (n > 0 && spaces < 2) {
		spaces += *p == ' ';
		p++;
		n--;
	}
	buf_add(out, p, n);
}

static void
each_said(struct http_exchange *x, void (*f)(struct buf *))
{
	f(&x->said.reason);
	f(&x->said.request_id);
	f(&x->said.location);
	f(&x->said.date);
	f(&x->said.retry_after);
	f(&x->said.retry_after_ms);
	f(&x->said.should_retry);
	f(&x->said.coding);
}

static void
clear_head(struct http_exchange *x)
{
	buf_clear(&x->head);
	each_said(x, buf_clear);
	x->head_done = x->chunked = x->packed = false;
	x->status = 0;
}

static bool
is_word(struct buf value, const char *word)
{
	while (value.n > 0 && strchr(" \t", value.p[value.n - 1]) != NULL)
		value.n--;
	return value.n == strlen(word) && strncasecmp(value.p, word, value.n) == 0;
}

/* A coding that is none of ours, unless it is none at all. */
static void
note_strange(struct http_exchange *x, struct buf value)
{
	if (!is_word(value, "identity") && !is_word(value, ""))
		buf_add(&x->said.coding, value.p, value.n);
}

/*
 * How the body comes: in chunks, and as gzip (RFC 9110, section 8.4.1.3, has two names
 * for it), or in a way that nobody asked for.
 */
static void
note_coding(struct http_exchange *x, const char *p, size_t n)
{
	struct buf value = {0};

	if (header(p, n, "transfer-encoding", &value)) {
		if (is_word(value, "chunked"))
			x->chunked = true;
		else
			note_strange(x, value);
	} else if (header(p, n, "content-encoding", &value)) {
		if (!x->packed && has_gzip() &&
		    (is_word(value, "gzip") || is_word(value, "x-gzip")))
			x->packed = true;
		else
			note_strange(x, value);
	}
	buf_free(&value);
}

static void
take_header(struct http_exchange *x, const char *p, size_t n)
{
	(void)(header(p, n, "x-request-id", &x->said.request_id) ||
	    header(p, n, "location", &x->said.location) ||
	    header(p, n, "date", &x->said.date) ||
	    header(p, n, "retry-after", &x->said.retry_after) ||
	    header(p, n, "retry-after-ms", &x->said.retry_after_ms) ||
	    header(p, n, "x-should-retry", &x->said.should_retry));
	if (x->said.request_id.n == 0)
		header(p, n, "request-id", &x->said.request_id);
	note_coding(x, p, n);
}

/* Of two points in time, 0 being "never", the first. */
static long long
sooner(long long a, long long b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static long long
after(long long from, long ms)
{
	return ms > 0 ? from + ms : 0;
}

/* When the exchange's next limit is reached, and which one that is. */
static long long
due(const struct http_exchange *x, enum http_limit *which)
{
	const struct http_options *o = x->options;
	long long at;

	if (x->passed > 0) {
		*which = HTTP_IDLE;
		at = after(x->last, o->idle_ms);
	} else {
		*which = HTTP_FIRST_BYTE;
		at = after(x->started, o->first_byte_ms);
	}
	if (x->head_done && x->status >= 300)
		at = sooner(at, x->last + ERROR_BODY_MS);
	if (x->rest != 0) {
		*which = HTTP_REST;
		at = x->rest;
	}
	if (x->deadline != 0 && sooner(at, x->deadline) == x->deadline) {
		*which = HTTP_DEADLINE;
		at = x->deadline;
	}
	return at;
}

/* The exchange's limit has changed: looks at it in time. */
static void
watch(struct http_exchange *x)
{
	enum http_limit which;

	x->http->due = sooner(x->http->due, due(x, &which));
}

static void
end_head(struct http_exchange *x)
{
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
	x->head_done = true;
	x->last = when_now();
	watch(x);
	x->packed = x->packed && x->status >= 200 && x->status < 300;
	if (x->packed) {
		gzip_start(&x->gzip, x->chunked && x->head.n > 6 &&
		    memcmp(x->head.p, "HTTP/1", 6) == 0);
		/* What was received is there for those who debug alone. */
		(void)curl_easy_setopt(x->easy, CURLOPT_VERBOSE, 1L);
	}
	if (x->status >= 200 && x->on_head != NULL)
		x->on_head(x);
}

static size_t
on_header(char *p, size_t size, size_t count, void *arg)
{
	struct http_exchange *x = arg;
	size_t n = size * count, len = n;

	while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	/* Each 1xx has headers of its own; the last response's are wanted. */
	if (len >= 5 && memcmp(p, "HTTP/", 5) == 0 &&
	    (x->head.n == 0 || x->head_done) && x->status < 200) {
		clear_head(x);
		take_reason(&x->said.reason, p, len);
	}
	if (x->head_done)	/* a trailer */
		return n;
	if (x->head.n + n <= MAX_HEAD)
		buf_add(&x->head, p, n);
	if (len == 0)
		end_head(x);
	else
		take_header(x, p, len);
	return n;
}

static size_t
on_body(char *p, size_t size, size_t count, void *arg)
{
	struct http_exchange *x = arg;
	size_t n = size * count, room;

	if (x->status < 200 || x->status > 299) {
		room = MAX_ERROR - x->error.n;
		buf_add(&x->error, p, n < room ? n : room);
		x->enough = x->error.n == MAX_ERROR;
		return x->enough ? 0 : n;
	}
	if (x->said.coding.n > 0)
		return 0;
	x->passed += n;
	if (x->sink != NULL && !x->sink(x, p, n)) {
		x->stopped = x->limit == HTTP_NO_LIMIT;
		return 0;
	}
	if (x->over && x->rest == 0)
		x->rest = when_now() + REST_MS;
	/* After sink: while it waits for its reader no limit runs. */
	x->last = when_now();
	watch(x);
	return n;
}

static int
on_debug(CURL *easy, curl_infotype kind, char *p, size_t n, void *arg)
{
	static const char *const marks[] = {"* ", "< ", "> "};
	struct http_exchange *x = arg;

	(void)easy;
	if (kind == CURLINFO_DATA_IN && x->packed)
		gzip_feed(&x->gzip, p, n);
	if (!x->options->verbose || kind > CURLINFO_HEADER_OUT)
		return 0;
	x->trace[kind].mark = marks[kind];
	x->trace[kind].hide = REDACT_HEADERS | (kind == CURLINFO_TEXT ? REDACT_URLS : 0U);
	diag_trace(&x->trace[kind], x->options->redact, p, n);
	return 0;
}

static void
end_trace(struct http_exchange *x)
{
	size_t kind;

	for (kind = 0; kind <= CURLINFO_HEADER_OUT; kind++)
		diag_trace_end(&x->trace[kind], x->options->redact);
}

static bool
is_https(const char *url)
{
	return strncmp(url, "https:", 6) == 0;
}

/* The URL's own protocol alone: a libcurl without TLS refuses the other's name. */
static void
set_protocols(CURL *e, bool https)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	must(curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR,
	    https ? "https" : "http"));
#else
	must(curl_easy_setopt(e, CURLOPT_PROTOCOLS,
	    (long)(https ? CURLPROTO_HTTPS : CURLPROTO_HTTP)));
#endif
	must(curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L));
	if (https)
		must(curl_easy_setopt(e, CURLOPT_SSLVERSION,
		    (long)CURL_SSLVERSION_TLSv1_2));
	/* Left at HTTP/1.1 by a libcurl that knows no other. */
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	must(curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING,
	    has_gzip() ? "gzip" : "identity"));
	must(curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L));
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE);
}

static void
set_way(CURL *e, const struct http_options *o)
{
	/* On HTTP/2 a request joins a connection that is being made. Without
	   TLS it would wait for the first response, to see what that is. */
	if (is_https(o->url))
		(void)curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	must(curl_easy_setopt(e, CURLOPT_URL, o->url));
	must(curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    o->connect_ms > 0 ? o->connect_ms : (long)NEVER));
	/* A proxy would get the key in clear, and has no business there. */
	if (o->loopback)
		must(curl_easy_setopt(e, CURLOPT_NOPROXY, "*"));
	else if (o->proxy != NULL)
		must(curl_easy_setopt(e, CURLOPT_PROXY, o->proxy));
	must(curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L));
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A limit that is reached does not wait for the resolver to return. */
	must(curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L));
#endif
	must(curl_easy_setopt(e, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE));
	if (o->capath != NULL) {
		(void)curl_easy_setopt(e, CURLOPT_CAPATH, o->capath);
		(void)curl_easy_setopt(e, CURLOPT_PROXY_CAPATH, o->capath);
	}
	if (o->cacert != NULL) {
		if (is_https(o->url))
			must(curl_easy_setopt(e, CURLOPT_CAINFO, o->cacert));
		(void)curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, o->cacert);
	}
}

static CURL *
make_easy(struct http_exchange *x)
{
	const struct http_options *o = x->options;
	CURL *e = curl_easy_init();

	if (e == NULL)
		mem_out();
	set_protocols(e, is_https(o->url));
	set_way(e, o);
	must(curl_easy_setopt(e, CURLOPT_PRIVATE, x));
	must(curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->why));
	must(curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header));
	must(curl_easy_setopt(e, CURLOPT_HEADERDATA, x));
	must(curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body));
	must(curl_easy_setopt(e, CURLOPT_WRITEDATA, x));
	must(curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug));
	must(curl_easy_setopt(e, CURLOPT_DEBUGDATA, x));
	return e;
}

static void
set_request(struct http_exchange *x)
{
	bool post = x->body != NULL;

	if (post) {
		must(curl_easy_setopt(x->easy, CURLOPT_POST, 1L));
		must(curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)x->body_len));
		must(curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, x->body));
	} else {
		must(curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L));
	}
	if (x->headers == NULL)
		x->headers = http_headers(x->options, post);
	must(curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers));
}

static void
push(struct http_exchange **list, struct http_exchange *x)
{
	x->prev = NULL;
	x->next = *list;
	if (*list != NULL)
		(*list)->prev = x;
	*list = x;
}

static void
pull(struct http_exchange **list, struct http_exchange *x)
{
	if (x->prev != NULL)
		x->prev->next = x->next;
	else
		*list = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
}

void
http_start(struct http *h, struct http_exchange *x)
{
	clear_head(x);
	buf_clear(&x->error);
	x->http = h;
	x->code = CURLE_OK;
	x->why[0] = '\0';
	x->limit = HTTP_NO_LIMIT;
	x->rest = 0;
	x->over = x->stopped = x->enough = x->connected = x->no_files = false;
	x->proxy_status = 0;
	x->passed = 0;
	if (x->easy == NULL)
		x->easy = make_easy(x);
	set_request(x);
	must(curl_easy_setopt(x->easy, CURLOPT_VERBOSE,
	    x->options->verbose ? 1L : 0L));
	x->started = x->last = when_now();
	if (curl_multi_add_handle(h->multi, x->easy) != CURLM_OK)
		mem_out();
	x->state = HTTP_ACTIVE;
	push(&h->active, x);
	watch(x);
}

/* Whether there is no descriptor left, which libcurl calls a connection that failed. */
static bool
is_out_of_files(CURLcode code)
{
	int fd;

	if (code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST)
		return false;
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		return errno == EMFILE || errno == ENFILE;
	close(fd);
	return false;
}

/* Takes an exchange out of the transfers; it still has to be handed out. */
static void
finish(struct http_exchange *x, CURLcode code)
{
	struct http *h = x->http;
	curl_off_t ready = 0;

	x->code = code;
	x->cut = code == CURLE_OK && x->packed &&
	    !gzip_whole(&x->gzip, x->passed);
	x->no_files = is_out_of_files(code);
	curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	x->connected = ready > 0;
	if (x->status == 0)
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
	if (x->status < 200 && code != CURLE_OK)
		x->status = 0;	/* a 1xx only promises a response */
	curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &x->proxy_status);
	curl_multi_remove_handle(h->multi, x->easy);
	end_trace(x);
	pull(&h->active, x);
	x->state = HTTP_ENDED;
	push(&h->ended, x);
}

static void
finish_done(struct http *h)
{
	struct http_exchange *x;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		x = NULL;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		finish(x, m->data.result);
	}
}

/* Ends what has reached a limit, and finds when to look again. */
static void
finish_late(struct http *h)
{
	struct http_exchange *x, *next;
	long long now = when_now(), at;
	enum http_limit which;

	if (h->due == 0 || now < h->due)
		return;
	h->due = 0;
	for (x = h->active; x != NULL; x = next) {
		next = x->next;
		at = due(x, &which);
		if (at == 0 || now < at) {
			h->due = sooner(h->due, at);
			continue;
		}
		x->limit = which;
		finish(x, CURLE_OPERATION_TIMEDOUT);
	}
}

static void
move(struct http *h)
{
	int running;
	CURLMcode code = curl_multi_perform(h->multi, &running);

	if (code == CURLM_OUT_OF_MEMORY)
		mem_out();
	if (code != CURLM_OK)
		diag_die(EX_SOFTWARE, "libcurl: %s", curl_multi_strerror(code));
	finish_done(h);
	finish_late(h);
}

struct http_exchange *
http_ended(struct http *h)
{
	struct http_exchange *x = h->ended;

	if (x != NULL) {
		pull(&h->ended, x);
		x->state = HTTP_AT_REST;
	}
	return x;
}

struct http_exchange *
http_wait(struct http *h, struct curl_waitfd *fds, unsigned nfds, long ms)
{
	struct http_exchange *x;
	long long left;

	move(h);
	if ((x = http_ended(h)) != NULL)
		return x;
	if (h->due != 0) {
		left = h->due - when_now();
		if (left < 0)
			left = 0;
		if (ms < 0 || left < ms)
			ms = left < NEVER ? (long)left : (long)NEVER;
	}
	if (ms < 0 || ms > NEVER)	/* an int may hold no more */
		ms = NEVER;
	if (curl_multi_poll(h->multi, fds, nfds, (int)ms, NULL) != CURLM_OK)
		mem_out();
	move(h);
	return http_ended(h);
}

void
http_over(struct http_exchange *x)
{
	if (x->rest != 0 || x->state != HTTP_ACTIVE)
		return;
	x->over = true;
	x->rest = when_now() + REST_MS;
	watch(x);
}

void
http_cancel(struct http_exchange *x)
{
	if (x->state == HTTP_ACTIVE) {
		curl_multi_remove_handle(x->http->multi, x->easy);
		end_trace(x);
		pull(&x->http->active, x);
	} else if (x->state == HTTP_ENDED) {
		pull(&x->http->ended, x);
	}
	x->state = HTTP_AT_REST;
}

void
http_free(struct http_exchange *x)
{
	struct curl_slist *h;

	http_cancel(x);
	curl_easy_cleanup(x->easy);
	for (h = x->headers; h != NULL; h = h->next)
		mem_wipe(h->data, strlen(h->data));	/* the key is in one */
	curl_slist_free_all(x->headers);
	x->easy = NULL;
	x->headers = NULL;
	buf_free(&x->head);
	buf_free(&x->error);
	each_said(x, buf_free);
}
