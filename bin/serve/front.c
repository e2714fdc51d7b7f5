#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "fd.h"
#include "front.h"
#include "mem.h"
#include "servelog.h"
#include "when.h"

enum {
	ACCEPTED = 64,		/* connections taken before others have their turn */
	SILENCE = 600,		/* s in which a client takes nothing of a response */
};

/* Requests, in libmicrohttpd's thread */

static struct exchange *
begin(struct front *f, struct MHD_Connection *c)
{
	struct exchange *x = mem_zero(1, sizeof(*x));
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	x->began = when_now();
	x->began_at = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	x->shared = &f->shared;
	x->connection = c;
	x->conn = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	spool_start(&x->body);
	return x;
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

	pthread_mutex_lock(&f->shared.lock);
	closing = f->shared.closing;
	x->conn->x = x;
	f->nexchanges++;
	/* The first one's time began with the connection. */
	if (x->conn->used)
		conns_start(&f->conns, x->conn, x->began);
	x->conn->used = true;
	pthread_mutex_unlock(&f->shared.lock);
	door_head(f->door, x, path, method, closing);
	return x->status != 0 && has_body(x) ? exchange_respond(x) : MHD_YES;
}

static void
turn_away(struct exchange *x, unsigned status)
{
	struct endpoint_error e = endpoint_error_of(status);

	x->retry = true;
	exchange_refuse(x, status, &e);
}

/* A request for an answer: into the queue, or away. With the lock held. */
static void
enqueue(struct front *f, struct exchange *x)
{
	if (f->ending) {
		turn_away(x, 503);
		return;
	}
	if (f->queue.n >= f->room) {
		turn_away(x, 429);
		return;
	}
	x->stage = EXCHANGE_WAITING;
	queue_add(&f->queue, x);
	exchange_wait(x);
	fd_wake(f->shared.wake);
}

/* All of a request is here. */
static enum MHD_Result
on_whole(struct front *f, struct exchange *x)
{
	bool waits;

	pthread_mutex_lock(&f->shared.lock);
	conns_stop(&f->conns, x->conn);
	pthread_mutex_unlock(&f->shared.lock);
	if (!door_whole(f->door, x))
		return exchange_respond(x);
	pthread_mutex_lock(&f->shared.lock);
	enqueue(f, x);
	waits = x->stage == EXCHANGE_WAITING;
	pthread_mutex_unlock(&f->shared.lock);
	return waits ? MHD_YES : exchange_respond(x);
}

/* libmicrohttpd's MHD_AccessHandlerCallback: for the head, each piece of the
 * body, its end, and again after each wait. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **context)
{
	struct front *f = cls;
	struct exchange *x = *context;
	enum exchange_stage stage;
	bool gone;

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
	pthread_mutex_lock(&f->shared.lock);
	stage = x->stage;
	gone = x->gone;
	pthread_mutex_unlock(&f->shared.lock);
	if (gone)
		return MHD_NO;
	if (stage == EXCHANGE_READING)
		return on_whole(f, x);
	return stage == EXCHANGE_READY ? exchange_respond(x) : MHD_YES;
}

static void
log_exchange(struct front *f, const struct exchange *x)
{
	struct servelog_entry e = {
		.began = x->began_at, .client = x->client, .mode = x->mode,
		.status = x->late ? 408 : x->status, .ms = when_now() - x->began,
		.bytes = x->bytes,
	};

	if (f->log == -1 || servelog_write(f->log, &e))
		return;
	if (!f->log_failed)
		diag_warn_errno("the log");
	f->log_failed = true;
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
	pthread_mutex_lock(&f->shared.lock);
	log_exchange(f, x);
	queue_remove(&f->queue, x);
	if (x->waiter != NULL)
		*x->waiter = NULL;
	x->conn->x = NULL;
	conns_start(&f->conns, x->conn, when_now());
	f->nexchanges--;
	fd_wake(f->shared.wake);
	pthread_mutex_unlock(&f->shared.lock);
	exchange_free(x);
}

/* libmicrohttpd's MHD_NotifyConnectionCallback. */
static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct front *f = cls;
	int fd;

	pthread_mutex_lock(&f->shared.lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		fd = MHD_get_connection_info(c,
		    MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		*context = conns_add(&f->conns, fd, when_now());
	} else {
		conns_remove(&f->conns, *context);
		f->nconns--;
		fd_wake(f->shared.wake);
	}
	pthread_mutex_unlock(&f->shared.lock);
}

/* The server's thread */

static void
take_connection(struct front *f, int fd, const struct sockaddr *from,
    socklen_t n)
{
	pthread_mutex_lock(&f->shared.lock);
	f->nconns++;
	pthread_mutex_unlock(&f->shared.lock);
	if (fd_flags(fd, true) &&
	    MHD_add_connection(f->daemon, fd, from, n) == MHD_YES)
		return;
	pthread_mutex_lock(&f->shared.lock);
	f->nconns--;
	pthread_mutex_unlock(&f->shared.lock);
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

	while ((conn = conns_late(&f->conns, now)) != NULL) {
		if (conn->x != NULL && conn->x->stage == EXCHANGE_READING) {
			say_timeout(conn);
			conn->x->late = conn->x->gone = true;
		}
		conns_shut(conn);
	}
}

void
front_start(struct front *f, size_t most)
{
	if (!fd_waker(f->shared.wake))
		diag_die_errno(EX_OSERR, "pipe");
	if (pthread_mutex_init(&f->shared.lock, NULL) != 0)
		diag_die(EX_OSERR, "cannot make a lock");
	/* Not epoll(7): an end right after the last bytes is not seen there. */
	f->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD |
	    MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
	    on_request, f,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)most + ACCEPTED,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE,
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
	close(f->shared.wake[0]);
	close(f->shared.wake[1]);
	pthread_mutex_destroy(&f->shared.lock);
}
