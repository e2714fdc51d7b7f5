#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "fd.h"
#include "mem.h"

enum { BLOCK = 32768 };		/* bytes that libmicrohttpd asks for at once */

static const char retry_after[] = "10";	/* seconds */

void
exchange_refuse(struct exchange *x, unsigned status, const struct endpoint_error *e)
{
	struct buf text = {0};

	endpoint_add_error(&text, e);
	buf_addc(&text, '\n');
	exchange_say(x, &text);
	x->status = status;
}

void
exchange_fail(struct exchange *x, unsigned status)
{
	struct endpoint_error e = endpoint_error_of(status);

	exchange_refuse(x, status, &e);
}

void
exchange_say(struct exchange *x, struct buf *text)
{
	buf_free(&x->out);
	x->out = *text;
	*text = (struct buf){0};
	x->status = 200;
	exchange_end(x, EXCHANGE_WHOLE);
}

/* There is something to send. */
static void
make_ready(struct exchange *x)
{
	if (x->stage == EXCHANGE_WAITING)
		x->stage = EXCHANGE_READY;
	exchange_go_on(x);
}

void
exchange_stream(struct exchange *x, struct buf *bytes)
{
	struct buf empty = x->out;

	if (!x->stream) {	/* once: libmicrohttpd's thread reads both without the lock */
		x->status = 200;
		x->stream = true;
	}
	if (x->at == x->out.n) {
		buf_clear(&empty);
		x->out = *bytes;
		x->at = 0;
		*bytes = empty;
	} else {
		buf_add(&x->out, bytes->p, bytes->n);
		buf_clear(bytes);
	}
	make_ready(x);
}

void
exchange_end(struct exchange *x, enum exchange_end how)
{
	x->end = how;
	make_ready(x);
}

void
exchange_leave(struct exchange *x)
{
	if (x->waiter != NULL)
		*x->waiter = NULL;
	x->waiter = NULL;
}

void
exchange_wait(struct exchange *x)
{
	MHD_suspend_connection(x->connection);
	x->suspended = true;
}

void
exchange_go_on(struct exchange *x)
{
	if (!x->suspended)
		return;
	x->suspended = false;
	MHD_resume_connection(x->connection);
}

/* Takes up to max bytes that wait to be sent. */
static size_t
take(struct exchange *x, char *p, size_t max)
{
	size_t n = x->out.n - x->at;

	if (n > max)
		n = max;
	memcpy(p, x->out.p + x->at, n);
	x->at += n;
	x->bytes += n;
	if (x->full && x->out.n - x->at < EXCHANGE_ROOM / 2) {
		x->full = false;
		fd_wake(x->shared->wake);
	}
	return n;
}

/* libmicrohttpd's MHD_ContentReaderCallback. */
static ssize_t
send_some(void *cls, uint64_t pos, char *p, size_t max)
{
	struct exchange *x = cls;
	ssize_t n = 0;

	(void)pos;
	pthread_mutex_lock(&x->shared->lock);
	if (x->gone)
		n = MHD_CONTENT_READER_END_WITH_ERROR;
	else if (x->out.n > x->at)
		n = (ssize_t)take(x, p, max);
	else if (x->end == EXCHANGE_OPEN)
		exchange_wait(x);
	else
		n = x->end == EXCHANGE_WHOLE ? MHD_CONTENT_READER_END_OF_STREAM :
		    MHD_CONTENT_READER_END_WITH_ERROR;
	pthread_mutex_unlock(&x->shared->lock);
	return n;
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

/* A response whose length is known is sent from memory, which goes with it. */
static struct MHD_Response *
whole_response(struct exchange *x)
{
	struct MHD_Response *response;

	x->bytes = x->out.n;
	response = MHD_create_response_from_buffer(x->out.n, x->out.p,
	    MHD_RESPMEM_MUST_FREE);
	x->out = (struct buf){0};
	return response;
}

enum MHD_Result
exchange_respond(struct exchange *x)
{
	struct MHD_Response *response;
	enum MHD_Result ok;
	bool closing;

	response = x->stream ? MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, BLOCK, send_some, x, NULL) : whole_response(x);
	if (response == NULL)
		mem_out();
	pthread_mutex_lock(&x->shared->lock);
	x->stage = EXCHANGE_SENDING;
	closing = x->shared->closing;
	pthread_mutex_unlock(&x->shared->lock);
	add_headers(x, response, closing);
	ok = MHD_queue_response(x->connection, x->status, response);
	MHD_destroy_response(response);
	return ok;
}

void
exchange_free(struct exchange *x)
{
	spool_free(&x->body);
	buf_free(&x->out);
	free(x->mode);
	free(x);
}
