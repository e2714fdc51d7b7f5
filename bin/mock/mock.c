#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <microhttpd.h>

#include "diag.h"
#include "endpoint.h"
#include "fd.h"
#include "mem.h"
#include "mock.h"
#include "mocklog.h"
#include "when.h"

enum {
	BLOCK = 16384,		/* bytes at a time of a body that is no stream */
	SPARE_FILES = 32,	/* descriptors that are no connections */
	GONE_CHECK = 500,	/* ms between looks whether a stalled client left */
};

/*
 * Two threads: libmicrohttpd's, which handles all requests, and one that wakes
 * the connections that wait for a time to come. The lock guards what both use.
 */
struct mock {
	const struct mock_options	*o;
	struct MHD_Daemon		*daemon;
	long long			 started;
	unsigned long			 requests, connections;
	bool				 log_failed;	/* that was said */

	pthread_t			 waker;
	int				 wake[2];
	pthread_mutex_t			 lock;
	struct when			 timers;
	bool				 closing;
};

/* One request and its response. */
struct exchange {
	struct mock		*m;
	struct MHD_Connection	*connection;
	int			 fd;
	bool			 chunked;	/* what a stream is sent as: RFC 9112, 7.1 */
	struct service_request	 q;

	bool			 answered;	/* r is set */
	struct service_response	 r;
	size_t			 limit;		/* bytes of the reply to send, */
	struct buf		 tail;		/* and what is sent after them */
	size_t			 event;		/* being sent, from 0 */
	long long		 due;		/* when more may be sent */
	bool			 stalled;
};

/* Waiting, in libmicrohttpd's thread */

enum waiting { GO, WAIT, CLOSING };

/*
 * Whether the time has come. WAIT: it has not, the connection is suspended and
 * what called is called again when it has.
 */
static enum waiting
wait_until(struct exchange *x, long long due)
{
	struct mock *m = x->m;
	enum waiting what = WAIT;

	if (due <= when_now())
		return GO;
	pthread_mutex_lock(&m->lock);
	if (m->closing) {
		what = CLOSING;
	} else {
		MHD_suspend_connection(x->connection);
		if (when_add(&m->timers, x, due))
			fd_wake(m->wake);
	}
	pthread_mutex_unlock(&m->lock);
	return what;
}

/* The waker's thread */

/* Wakes what is due; with the lock held. */
static void
wake_due(struct mock *m)
{
	long long now = when_now();
	struct exchange *x;

	/* At the end all wait no longer. */
	while ((x = when_next(&m->timers, m->closing ? LLONG_MAX : now))
	    != NULL) {
		if (x->stalled && !m->closing && !fd_gone(x->fd))
			(void)when_add(&m->timers, x, now + GONE_CHECK);
		else
			MHD_resume_connection(x->connection);
	}
}

static void *
wake_loop(void *cls)
{
	struct mock *m = cls;
	struct pollfd fd = {.fd = m->wake[0], .events = POLLIN};
	bool closing;
	int ms;

	do {
		pthread_mutex_lock(&m->lock);
		wake_due(m);
		ms = when_wait(&m->timers, when_now());
		closing = m->closing;
		pthread_mutex_unlock(&m->lock);
		if (!closing && poll(&fd, 1, ms) > 0)
			fd_drain(m->wake);
	} while (!closing);
	return NULL;
}

/* Sending a reply */

/* Where the event being sent ends. */
static size_t
event_end(const struct exchange *x)
{
	const struct reply *r = x->r.reply;

	return x->event < r->n && r->ends[x->event] <= x->limit ?
	    r->ends[x->event] : x->limit + x->tail.n;
}

/* Settles how much of the reply is sent, and how it ends. */
static void
plan(struct exchange *x)
{
	const struct reply *r = x->r.reply;
	struct fault *f = &x->r.fault;
	struct endpoint_error error = endpoint_error_of(500);
	size_t events = r->n;

	if (x->m->o->no_done && r->stream)
		events--;
	x->limit = events > 0 ? r->ends[events - 1] : 0;
	if (f->kind != FAULT_CUT && f->kind != FAULT_STALL &&
	    f->kind != FAULT_ERROR)
		return;
	if (f->number > events || (f->kind == FAULT_ERROR && !r->stream)) {
		f->kind = FAULT_NONE;	/* it never comes to that */
		return;
	}
	x->limit = f->number > 0 ? r->ends[f->number - 1] : 0;
	if (!r->stream && x->limit == r->body.n)
		f->kind = FAULT_NONE;	/* its length says that it is over */
	if (f->kind == FAULT_ERROR)
		endpoint_add_event(&x->tail, &error);
}

/* What is sent when all bytes are: the end, or no end. */
static ssize_t
send_end(struct exchange *x)
{
	switch (x->r.fault.kind) {
	case FAULT_STALL:
		if (x->stalled)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		x->stalled = true;
		return wait_until(x, when_now() + GONE_CHECK) == WAIT ?
		    0 : MHD_CONTENT_READER_END_WITH_ERROR;
	case FAULT_CUT:
		/* A chunk that is announced and does not come. */
		if (x->r.reply->stream && x->chunked)
			(void)!send(x->fd, "400\r\n", 5, 0);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	default:
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
}

static size_t
copy(const struct exchange *x, size_t at, char *p, size_t max)
{
	const struct buf *from = &x->r.reply->body;
	size_t n = x->limit;

	if (at >= x->limit) {
		from = &x->tail;
		at -= x->limit;
		n = x->tail.n;
	}
	n = n - at < max ? n - at : max;
	memcpy(p, from->p + at, n);
	return n;
}

/* libmicrohttpd's MHD_ContentReaderCallback. */
static ssize_t
send_some(void *cls, uint64_t pos, char *p, size_t max)
{
	struct exchange *x = cls;
	size_t at = (size_t)pos, all = x->limit + x->tail.n;
	long delay = x->m->o->delay;

	if (at >= all)
		return send_end(x);
	for (; at > 0 && at >= event_end(x); x->event++)
		x->due = when_now() + delay;
	if (delay == 0)
		return (ssize_t)copy(x, at, p, max);
	switch (wait_until(x, x->due)) {
	case GO:
		break;
	case WAIT:
		return 0;
	case CLOSING:
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (max > event_end(x) - at)
		max = event_end(x) - at;
	return (ssize_t)copy(x, at, p, max);
}

/* Adds a header, unless it is one of those given by hand. */
static void
add_header(const struct exchange *x, struct MHD_Response *response,
    const char *name, const char *value)
{
	const struct mock_options *o = x->m->o;
	size_t i;

	for (i = 0; i < o->nheaders; i++)
		if (strcasecmp(o->headers[i].name, name) == 0)
			return;
	MHD_add_response_header(response, name, value);
}

static void
add_headers(const struct exchange *x, struct MHD_Response *response)
{
	const struct mock_options *o = x->m->o;
	struct buf id = {0};
	size_t i;

	buf_printf(&id, "req_mock_%lu", x->q.number);
	add_header(x, response, "Content-Type", x->r.reply->type);
	add_header(x, response, "X-Request-Id", buf_string(&id));
	if (x->r.reply->stream)
		add_header(x, response, "Cache-Control", "no-cache");
	if (x->r.allow != NULL)
		add_header(x, response, "Allow", x->r.allow);
	if (x->r.status == 401)
		add_header(x, response, "WWW-Authenticate", "Bearer");
	if (x->r.fault.kind == FAULT_FAIL && o->retry_after != NULL)
		add_header(x, response, "Retry-After", o->retry_after);
	for (i = 0; i < o->nheaders; i++)
		MHD_add_response_header(response, o->headers[i].name,
		    o->headers[i].value);
	buf_free(&id);
}

static enum MHD_Result
send_response(struct exchange *x)
{
	const struct reply *reply = x->r.reply;
	struct MHD_Response *response;
	enum MHD_Result ok;

	response = MHD_create_response_from_callback(reply->stream ?
	    MHD_SIZE_UNKNOWN : reply->body.n, BLOCK, send_some, x, NULL);
	if (response == NULL)
		mem_out();
	add_headers(x, response);
	ok = MHD_queue_response(x->connection, x->r.status, response);
	MHD_destroy_response(response);
	return ok;
}

/* The log */

static enum MHD_Result
add_log_header(void *cls, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	(void)kind;
	mocklog_header(cls, name, value != NULL ? value : "");
	return MHD_YES;
}

static unsigned long
connection_number(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return *(const unsigned long *)info->socket_context;
}

static void
log_request(struct mock *m, const struct exchange *x)
{
	struct merge headers = {.kind = MERGE_OBJECT};
	struct mocklog_entry e = {
		.q = &x->q, .r = &x->r, .headers = &headers,
		.connection = connection_number(x->connection),
		.elapsed = when_now() - m->started,
	};

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND,
	    add_log_header, &headers);
	if (!mocklog_write(m->o->log, &e)) {
		if (!m->log_failed)
			diag_warn_errno("the log");
		m->log_failed = true;
	}
	merge_free(&headers);
}

/* Requests, in libmicrohttpd's thread */

/* The request is here, whole: settles what it gets, and logs it. */
static void
answer(struct exchange *x, const char *method, const char *path)
{
	struct service_request *q = &x->q;

	q->method = method;
	q->path = path;
	q->number = ++x->m->requests;
	q->authorization = MHD_lookup_connection_value(x->connection,
	    MHD_HEADER_KIND, "Authorization");
	service_respond(x->m->o->service, q, &x->r);
	plan(x);
	x->answered = true;
	x->due = when_now() + x->m->o->first_byte_delay;
	if (x->m->o->log != -1)
		log_request(x->m, x);
	buf_free(&q->body);
}

static void
take_body(struct service_request *q, const char *p, size_t n)
{
	q->bytes += n;
	if (q->bytes > ENDPOINT_MAX_BODY)
		buf_free(&q->body);	/* refused; the rest is passed over */
	else
		buf_add(&q->body, p, n);
}

static struct exchange *
start(struct mock *m, struct MHD_Connection *c)
{
	struct exchange *x = mem_zero(1, sizeof(*x));

	x->m = m;
	x->connection = c;
	x->fd = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	return x;
}

/* libmicrohttpd's MHD_AccessHandlerCallback: for the head, each piece of the
 * body, and its end, the last one again after a wait. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **context)
{
	struct mock *m = cls;
	struct exchange *x = *context;

	if (x == NULL) {
		*context = x = start(m, c);
		x->chunked = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
		return MHD_YES;
	}
	if (*upload_size > 0) {
		take_body(&x->q, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!x->answered)
		answer(x, method, path);
	switch (wait_until(x, x->due)) {
	case GO:
		return send_response(x);
	case WAIT:
		return MHD_YES;
	default:
		return MHD_NO;
	}
}

static void
on_end(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_RequestTerminationCode how)
{
	struct exchange *x = *context;

	(void)cls;
	(void)c;
	(void)how;
	if (x == NULL)
		return;
	reply_free(&x->r.own);
	buf_free(&x->q.body);
	buf_free(&x->tail);
	free(x);
	*context = NULL;
}

static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct mock *m = cls;
	unsigned long *number;

	(void)c;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*context);
		return;
	}
	number = mem_alloc(sizeof(*number));
	*number = ++m->connections;
	*context = number;
}

/* Starting and stopping */

bool
mock_header_ok(const struct mock_header *h)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);
	bool ok;

	if (response == NULL)
		mem_out();
	ok = MHD_add_response_header(response, h->name, h->value) == MHD_YES;
	MHD_destroy_response(response);
	return ok;
}

/* As many connections as the system lets this process have. */
static unsigned
raise_limit(void)
{
	unsigned files = (unsigned)fd_limit(INT_MAX);

	return files > 2 * SPARE_FILES ? files - SPARE_FILES : SPARE_FILES;
}

struct mock *
mock_start(const struct mock_options *o, int listener)
{
	struct mock *m = mem_zero(1, sizeof(*m));
	unsigned connections = raise_limit();

	m->o = o;
	m->started = when_now();
	if (!fd_waker(m->wake))
		diag_die_errno(EX_OSERR, "pipe");
	if (pthread_mutex_init(&m->lock, NULL) != 0)
		diag_die(EX_OSERR, "cannot make a lock");
	m->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD |
	    MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, m,
	    MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_CONNECTION_LIMIT, connections,
	    MHD_OPTION_NOTIFY_COMPLETED, on_end, m,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, m,
	    MHD_OPTION_END);
	if (m->daemon == NULL)
		diag_die(EX_OSERR, "the server cannot start");
	if (pthread_create(&m->waker, NULL, wake_loop, m) != 0)
		diag_die(EX_OSERR, "cannot start a thread");
	return m;
}

bool
mock_stop(struct mock *m)
{
	bool logged;

	pthread_mutex_lock(&m->lock);
	m->closing = true;
	fd_wake(m->wake);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->waker, NULL);
	MHD_stop_daemon(m->daemon);
	close(m->wake[0]);
	close(m->wake[1]);
	when_free(&m->timers);
	pthread_mutex_destroy(&m->lock);
	logged = !m->log_failed;
	free(m);
	return logged;
}
