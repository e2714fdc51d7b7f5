#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "front.h"
#include "json.h"
#include "mem.h"
#include "when.h"

enum {
	ACCEPTED = 64,		/* connections taken before others have their turn */
	ASK_MS = 60000,		/* for head and body, or between two requests */
	SILENCE_MS = 600000,	/* in which a client takes nothing of a response */
	BLOCK = 32768,		/* bytes of it that libmicrohttpd asks for at once */
	STACK = 1 << 20,	/* bytes of a thread's */
};

static const char retry_after[] = "10";	/* seconds */

/* Requests, in the thread of their connection */

static struct exchange *
begin(struct front *f, struct MHD_Connection *c)
{
	struct exchange *x = mem_zero(1, sizeof(*x));

	x->began = when_now();
	x->began_at = when_wall();
	x->front = f;
	x->connection = c;
	x->conn = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	spool_start(&x->body);
	return x;
}

static void
set_due(struct exchange *x, long long due)
{
	pthread_mutex_lock(&x->front->lock);
	x->conn->due = due;
	pthread_mutex_unlock(&x->front->lock);
}

/* Takes up to max bytes that wait to be sent. */
static ssize_t
take(struct exchange *x, char *p, size_t max)
{
	size_t n = x->out.n - x->at;

	if (n > max)
		n = max;
	memcpy(p, x->out.p + x->at, n);
	x->at += n;
	x->bytes += n;
	return (ssize_t)n;
}

/* libmicrohttpd's MHD_ContentReaderCallback. */
static ssize_t
send_some(void *cls, uint64_t pos, char *p, size_t max)
{
	struct exchange *x = cls;

	(void)pos;
	set_due(x, 0);
	if (x->answer != NULL)
		answer_next(x);
	set_due(x, when_now() + SILENCE_MS);
	if (x->out.n > x->at)
		return take(x, p, max);
	return x->end == EXCHANGE_WHOLE ? MHD_CONTENT_READER_END_OF_STREAM :
	    MHD_CONTENT_READER_END_WITH_ERROR;
}

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		mem_out();
}

static void
add_headers(const struct exchange *x, struct MHD_Response *response,
    bool closing)
{
	add_header(response, "Content-Type",
	    x->stream ? "text/event-stream" : "application/json");
	if (x->stream) {
		add_header(response, "Cache-Control", "no-cache");
		/* nginx would hold back what it takes for a page. */
		add_header(response, "X-Accel-Buffering", "no");
	}
	if (x->allow != NULL)
		add_header(response, "Allow", x->allow);
	if (x->status == 401)
		add_header(response, "WWW-Authenticate", "Bearer");
	if (x->status == 429 || x->status == 503)
		add_header(response, "Retry-After", retry_after);
	else if (x->status >= 400)
		add_header(response, "X-Should-Retry", "false");
	if (closing)
		add_header(response, "Connection", "close");
}

/* Hands over the response; without a status the client is gone. */
static enum MHD_Result
respond(struct exchange *x)
{
	struct MHD_Response *response;
	enum MHD_Result ok;
	bool closing;

	if (x->status == 0)
		return MHD_NO;
	response = MHD_create_response_from_callback(x->stream ? MHD_SIZE_UNKNOWN :
	    x->out.n, BLOCK, send_some, x, NULL);
	if (response == NULL)
		mem_out();
	pthread_mutex_lock(&x->front->lock);
	x->sending = true;
	x->conn->due = when_now() + SILENCE_MS;
	closing = x->front->closing;
	pthread_mutex_unlock(&x->front->lock);
	add_headers(x, response, closing);
	ok = MHD_queue_response(x->connection, x->status, response);
	MHD_destroy_response(response);
	return ok;
}

static bool
has_body(const struct exchange *x)
{
	const char *length = MHD_lookup_connection_value(x->connection,
	    MHD_HEADER_KIND, "Content-Length");

	return (length != NULL && strcmp(length, "0") != 0) ||
	    MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
	    "Transfer-Encoding") != NULL;
}

/* The head of a request is here. What is refused is so before its body is read. */
static enum MHD_Result
on_head(struct front *f, struct exchange *x, const char *path,
    const char *method)
{
	bool closing;

	pthread_mutex_lock(&f->lock);
	closing = f->closing;
	x->conn->x = x;
	f->nexchanges++;
	/* The first one's time began with the connection. */
	if (x->conn->used)
		x->conn->due = x->began + ASK_MS;
	x->conn->used = true;
	pthread_mutex_unlock(&f->lock);
	door_head(f->door, x, path, method, closing);
	return x->status != 0 && has_body(x) ? respond(x) : MHD_YES;
}

/* All of a request is here. */
static enum MHD_Result
on_whole(struct front *f, struct exchange *x)
{
	set_due(x, 0);
	if (door_whole(f->door, x) && answer_begin(x))
		answer_next(x);
	return respond(x);
}

/* libmicrohttpd's MHD_AccessHandlerCallback: for the head, each piece of the
 * body, and its end. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **context)
{
	struct front *f = cls;
	struct exchange *x = *context;

	(void)version;
	if (x == NULL) {
		*context = x = begin(f, c);
		return on_head(f, x, path, method);
	}
	if (*upload_size > 0) {
		door_body(x, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	return on_whole(f, x);
}

static void
add_text(struct buf *line, const char *text)
{
	if (text != NULL)
		json_quote(line, text, strlen(text));
	else
		buf_adds(line, "null");
}

/* A line of the log, by one write(2): no content, never a key. */
static void
log_exchange(struct front *f, const struct exchange *x)
{
	unsigned status = x->late ? 408 : x->status;
	struct buf line = {0};

	buf_printf(&line, "{\"time\":%lld.%03lld,\"client\":",
	    x->began_at / 1000, x->began_at % 1000);
	add_text(&line, x->client);
	buf_adds(&line, ",\"mode\":");
	add_text(&line, x->mode);
	if (status != 0)
		buf_printf(&line, ",\"status\":%u", status);
	else	/* the client was gone before */
		buf_adds(&line, ",\"status\":null");
	buf_printf(&line, ",\"ms\":%lld,\"bytes\":%llu}\n",
	    when_now() - x->began, x->bytes);
	if (f->log != -1 && !fd_write(f->log, line.p, line.n)) {
		if (!f->log_failed)
			diag_warn_errno("the log");
		f->log_failed = true;
	}
	buf_free(&line);
}

/* libmicrohttpd's MHD_RequestCompletedCallback. */
static void
on_done(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_RequestTerminationCode how)
{
	struct front *f = cls;
	struct exchange *x = *context;

	(void)c;
	(void)how;
	if (x == NULL)
		return;
	*context = NULL;
	pthread_mutex_lock(&f->lock);
	log_exchange(f, x);
	pthread_mutex_unlock(&f->lock);
	answer_leave(x);
	pthread_mutex_lock(&f->lock);
	x->conn->x = NULL;
	x->conn->due = when_now() + ASK_MS;
	f->nexchanges--;
	fd_wake(f->wake);
	pthread_mutex_unlock(&f->lock);
	exchange_free(x);
}

/* With the lock held; the connection is *context. */
static void
add_connection(struct front *f, struct MHD_Connection *c, void **context)
{
	struct conn *conn = mem_zero(1, sizeof(*conn));

	conn->fd = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	conn->due = when_now() + ASK_MS;
	conn->next = f->conns;
	*context = f->conns = conn;
}

static void
remove_connection(struct front *f, struct conn *conn)
{
	struct conn **at = &f->conns;

	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	free(conn);
	f->nconns--;
	fd_wake(f->wake);
}

/* libmicrohttpd's MHD_NotifyConnectionCallback. */
static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct front *f = cls;

	pthread_mutex_lock(&f->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		add_connection(f, c, context);
	else
		remove_connection(f, *context);
	pthread_mutex_unlock(&f->lock);
}

/* The server's thread */

static void
take_connection(struct front *f, int fd, const struct sockaddr *from,
    socklen_t n)
{
	pthread_mutex_lock(&f->lock);
	f->nconns++;
	pthread_mutex_unlock(&f->lock);
	if (fd_flags(fd, true) &&
	    MHD_add_connection(f->daemon, fd, from, n) == MHD_YES)
		return;
	pthread_mutex_lock(&f->lock);
	f->nconns--;
	pthread_mutex_unlock(&f->lock);
}

bool
front_accept(struct front *f, int listener)
{
	struct sockaddr_storage from;
	socklen_t n;
	int fd, i;

	for (i = 0; i < ACCEPTED; i++) {
		n = sizeof(from);
		fd = accept(listener, (struct sockaddr *)&from, &n);
		if (fd == -1)
			return errno != EMFILE && errno != ENFILE &&
			    errno != ENOBUFS && errno != ENOMEM;
		take_connection(f, fd, (struct sockaddr *)&from, n);
	}
	return true;
}

/* libmicrohttpd cannot answer in the middle of a body; nothing of a response was
 * sent. */
static void
say_timeout(const struct conn *conn)
{
	struct endpoint_error e = endpoint_error_of(408);
	struct buf body = {0}, head = {0};

	endpoint_add_error(&body, &e);
	buf_printf(&head, "HTTP/1.1 408 Request Timeout\r\n"
	    "Content-Type: application/json\r\nX-Should-Retry: false\r\n"
	    "Connection: close\r\nContent-Length: %zu\r\n\r\n%s", body.n,
	    buf_string(&body));
	(void)!send(conn->fd, head.p, head.n, 0);
	buf_free(&body);
	buf_free(&head);
}

void
front_cut_late(struct front *f, long long now)
{
	struct conn *conn;

	for (conn = f->conns; conn != NULL; conn = conn->next) {
		if (conn->due == 0 || conn->due > now)
			continue;
		conn->due = 0;
		if (conn->x != NULL && !conn->x->sending) {
			say_timeout(conn);
			conn->x->late = true;
		}
		shutdown(conn->fd, SHUT_RDWR);
	}
}

long long
front_due(const struct front *f, long long now)
{
	const struct conn *conn;
	long long due = 0;

	/* One that has no time set gets it from its thread, which does not wake us. */
	for (conn = f->conns; conn != NULL; conn = conn->next)
		due = when_sooner(due, conn->due != 0 ? conn->due : now + SILENCE_MS);
	return due;
}

void
front_shut_idle(const struct front *f)
{
	const struct conn *conn;

	for (conn = f->conns; conn != NULL; conn = conn->next)
		if (conn->x == NULL)
			shutdown(conn->fd, SHUT_RDWR);
}

void
front_start(struct front *f, size_t most)
{
	f->end = &f->answers;
	if (!fd_waker(f->wake))
		diag_die_errno(EX_OSERR, "pipe");
	if (pthread_mutex_init(&f->lock, NULL) != 0)
		diag_die(EX_OSERR, "cannot make a lock");
	f->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC |
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_NO_LISTEN_SOCKET, 0, NULL,
	    NULL, on_request, f,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)most + ACCEPTED,
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
	    MHD_OPTION_NOTIFY_COMPLETED, on_done, f,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, f,
	    MHD_OPTION_END);
	if (f->daemon == NULL)
		diag_die(EX_OSERR, "the server cannot start");
}

void
front_stop(struct front *f)
{
	MHD_stop_daemon(f->daemon);
	close(f->wake[0]);
	close(f->wake[1]);
	pthread_mutex_destroy(&f->lock);
}
