#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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
	if (post)
		add_ours(o, &list, "Content-Type: application/json");
	add_ours(o, &list, post ? "Accept: text/event-stream, application/json" :
	    "Accept: application/json");
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

bool
http_is_good(const struct http_exchange *x)
{
	return x->status >= 200 && x->status < 300;
}

/* The value of a header line of n bytes where it is the header name's; else NULL. */
static const char *
value_of(const char *line, size_t n, const char *name, size_t *len)
{
	size_t at = strlen(name) + 1;

	if (n < at || line[at - 1] != ':' || strncasecmp(line, name, at - 1) != 0)
		return NULL;
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (n > at && memchr(" \t\r\n", line[n - 1], 4) != NULL)
		n--;
	*len = n - at;
	return line + at;
}

const char *
http_header(const struct http_exchange *x, const char *name, size_t *n)
{
	const char *p = x->head.p, *newline, *value, *found = NULL;
	size_t left = x->head.n, len;

	*n = 0;
	for (; left > 0 && (newline = memchr(p, '\n', left)) != NULL; p = newline + 1) {
		value = value_of(p, (size_t)(newline - p), name, &len);
		if (value != NULL) {
			found = value;
			*n = len;
		}
		left -= (size_t)(newline - p) + 1;
	}
	return found;
}

static void
clear_head(struct http_exchange *x)
{
	buf_clear(&x->head);
	buf_clear(&x->coding);
	x->head_done = x->chunked = x->packed = false;
	x->status = 0;
}

static bool
is_word(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

/*
 * How the body comes: in chunks, and as gzip (RFC 9110, section 8.4.1.3, has two names
 * for it), or in a way that nobody asked for; "identity" is none.
 */
static void
note_coding(struct http_exchange *x, const char *line, size_t len)
{
	size_t n;
	const char *way = value_of(line, len, "transfer-encoding", &n);
	const char *p = way != NULL ? way :
	    value_of(line, len, "content-encoding", &n);

	if (p == NULL || is_word(p, n, "identity"))
		return;
	if (way != NULL && is_word(p, n, "chunked"))
		x->chunked = true;
	else if (way == NULL && !x->packed && has_gzip() &&
	    (is_word(p, n, "gzip") || is_word(p, n, "x-gzip")))
		x->packed = true;
	else
		buf_add(&x->coding, p, n);
}

/* When the exchange's next limit is reached, and which one that is. */
static long long
due(const struct http_exchange *x, enum http_limit *which)
{
	bool begun = x->passed > 0;
	long ms = begun ? x->options->idle_ms : x->options->first_byte_ms;
	long long at = ms > 0 ? (begun ? x->last : x->started) + ms : 0;

	*which = begun ? HTTP_IDLE : HTTP_FIRST_BYTE;
	if (x->head_done && x->status >= 300)
		at = when_sooner(at, x->last + ERROR_BODY_MS);
	if (x->rest != 0) {
		*which = HTTP_REST;
		at = x->rest;
	}
	if (x->deadline != 0 && when_sooner(at, x->deadline) == x->deadline) {
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

	x->http->due = when_sooner(x->http->due, due(x, &which));
}

static void
end_head(struct http_exchange *x)
{
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
	x->head_done = true;
	x->last = when_now();
	watch(x);
	x->packed = x->packed && http_is_good(x);
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
	    (x->head.n == 0 || x->head_done) && x->status < 200)
		clear_head(x);
	if (x->head_done)	/* a trailer */
		return n;
	if (x->head.n + n <= MAX_HEAD)
		buf_add(&x->head, p, n);
	if (len == 0)
		end_head(x);
	else
		note_coding(x, p, len);
	return n;
}

static size_t
on_body(char *p, size_t size, size_t count, void *arg)
{
	struct http_exchange *x = arg;
	size_t n = size * count, room;

	if (!http_is_good(x)) {
		room = MAX_ERROR - x->error.n;
		buf_add(&x->error, p, n < room ? n : room);
		return n < room ? n : 0;
	}
	if (x->coding.n > 0)
		return 0;
	x->passed += n;
	if (x->sink != NULL && !x->sink(x, p, n)) {
		x->stopped = x->limit == HTTP_NO_LIMIT;
		return 0;
	}
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
set(CURL *e, CURLoption option, long value)
{
	must(curl_easy_setopt(e, option, value));
}

static void
set_pointer(CURL *e, CURLoption option, const void *value)
{
	must(curl_easy_setopt(e, option, value));
}

/* The URL's own protocol alone: a libcurl without TLS refuses the other's name. */
static void
set_protocols(CURL *e, bool https)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	set_pointer(e, CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
#else
	set(e, CURLOPT_PROTOCOLS, https ? CURLPROTO_HTTPS : CURLPROTO_HTTP);
#endif
	set(e, CURLOPT_FOLLOWLOCATION, 0);
	if (https)
		set(e, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	/* On HTTP/2 a request joins a connection that is being made. Without
	   TLS it would wait for the first response, to see what that is. */
	if (https)
		(void)curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	/* Left at HTTP/1.1 by a libcurl that knows no other. */
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	set_pointer(e, CURLOPT_ACCEPT_ENCODING, has_gzip() ? "gzip" : "identity");
	set(e, CURLOPT_TCP_KEEPALIVE, 1);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE);
}

static void
set_way(CURL *e, const struct http_options *o, bool https)
{
	set_pointer(e, CURLOPT_URL, o->url);
	set(e, CURLOPT_CONNECTTIMEOUT_MS, o->connect_ms > 0 ? o->connect_ms : NEVER);
	/* A proxy would get the key in clear, and has no business there. */
	if (o->loopback)
		set_pointer(e, CURLOPT_NOPROXY, "*");
	else if (o->proxy != NULL)
		set_pointer(e, CURLOPT_PROXY, o->proxy);
	set(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A limit that is reached does not wait for the resolver to return. */
	set(e, CURLOPT_QUICK_EXIT, 1);
#endif
	set(e, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
	if (o->capath != NULL) {
		(void)curl_easy_setopt(e, CURLOPT_CAPATH, o->capath);
		(void)curl_easy_setopt(e, CURLOPT_PROXY_CAPATH, o->capath);
	}
	if (o->cacert != NULL) {
		if (https)
			set_pointer(e, CURLOPT_CAINFO, o->cacert);
		(void)curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, o->cacert);
	}
}

static CURL *
make_easy(struct http_exchange *x)
{
	const struct http_options *o = x->options;
	bool https = strncmp(o->url, "https:", 6) == 0;
	CURL *e = curl_easy_init();

	if (e == NULL)
		mem_out();
	set_protocols(e, https);
	set_way(e, o, https);
	set_pointer(e, CURLOPT_PRIVATE, x);
	set_pointer(e, CURLOPT_ERRORBUFFER, x->why);
	must(curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header));
	set_pointer(e, CURLOPT_HEADERDATA, x);
	must(curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body));
	set_pointer(e, CURLOPT_WRITEDATA, x);
	must(curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug));
	set_pointer(e, CURLOPT_DEBUGDATA, x);
	return e;
}

static void
set_request(struct http_exchange *x)
{
	if (x->body != NULL) {
		set(x->easy, CURLOPT_POST, 1);
		must(curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)x->body_len));
		set_pointer(x->easy, CURLOPT_POSTFIELDS, x->body);
	} else {
		set(x->easy, CURLOPT_HTTPGET, 1);
	}
	if (x->headers == NULL)
		x->headers = http_headers(x->options, x->body != NULL);
	set_pointer(x->easy, CURLOPT_HTTPHEADER, x->headers);
	set(x->easy, CURLOPT_VERBOSE, x->options->verbose);
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
	x->over = x->stopped = x->connected = x->no_files = false;
	x->proxy_status = 0;
	x->passed = 0;
	if (x->easy == NULL)
		x->easy = make_easy(x);
	set_request(x);
	x->started = x->last = when_now();
	if (curl_multi_add_handle(h->multi, x->easy) != CURLM_OK)
		mem_out();
	x->next = h->active;
	h->active = x;
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

/* Takes an exchange out of the transfers. */
static void
remove_active(struct http_exchange *x)
{
	struct http_exchange **at = &x->http->active;
	size_t kind;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	curl_multi_remove_handle(x->http->multi, x->easy);
	x->http = NULL;
	for (kind = 0; kind <= CURLINFO_HEADER_OUT; kind++)
		diag_trace_end(&x->trace[kind], x->options->redact);
}

static struct http_exchange *
finish(struct http_exchange *x, CURLcode code)
{
	curl_off_t ready = 0;

	x->code = code;
	x->cut = code == CURLE_OK && x->packed && !gzip_whole(&x->gzip, x->passed);
	x->no_files = is_out_of_files(code);
	curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	x->connected = ready > 0;
	if (x->status == 0)
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
	if (x->status < 200 && code != CURLE_OK)
		x->status = 0;	/* a 1xx only promises a response */
	curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &x->proxy_status);
	remove_active(x);
	return x;
}

/* Ends what has reached a limit; where nothing has, finds when to look again. */
static struct http_exchange *
finish_late(struct http *h)
{
	struct http_exchange *x;
	long long now = when_now(), next = 0, at;
	enum http_limit which;

	if (h->due == 0 || now < h->due)
		return NULL;
	for (x = h->active; x != NULL; x = x->next) {
		at = due(x, &which);
		if (at != 0 && now >= at) {
			x->limit = which;
			return finish(x, CURLE_OPERATION_TIMEDOUT);
		}
		next = when_sooner(next, at);
	}
	h->due = next;
	return NULL;
}

struct http_exchange *
http_ended(struct http *h)
{
	struct http_exchange *x = NULL;
	CURLMsg *m;
	int left;

	m = curl_multi_info_read(h->multi, &left);
	if (m == NULL)
		return finish_late(h);
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
	return finish(x, m->data.result);
}

static struct http_exchange *
move(struct http *h)
{
	int running;
	CURLMcode code = curl_multi_perform(h->multi, &running);

	if (code == CURLM_OUT_OF_MEMORY)
		mem_out();
	if (code != CURLM_OK)
		diag_die(EX_SOFTWARE, "libcurl: %s", curl_multi_strerror(code));
	return http_ended(h);
}

struct http_exchange *
http_wait(struct http *h, struct curl_waitfd *fds, unsigned nfds, long ms)
{
	struct http_exchange *x = move(h);
	long long left;

	if (x != NULL)
		return x;
	left = h->due != 0 ? h->due - when_now() : NEVER;
	if (ms >= 0 && ms < left)
		left = ms;
	left = left < 0 ? 0 : left > NEVER ? NEVER : left;	/* as an int holds it */
	if (curl_multi_poll(h->multi, fds, nfds, (int)left, NULL) != CURLM_OK)
		mem_out();
	return move(h);
}

void
http_over(struct http_exchange *x)
{
	if (x->rest != 0 || x->http == NULL)
		return;
	x->over = true;
	x->rest = when_now() + REST_MS;
	watch(x);
}

void
http_cancel(struct http_exchange *x)
{
	if (x->http != NULL)
		remove_active(x);
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
	buf_free(&x->coding);
	buf_free(&x->error);
}
