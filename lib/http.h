/*
 * http: HTTP exchanges over libcurl: how a transfer is set up, its limits of
 * time, and what is kept of a response. Any number at once, in one thread. Not for
 * options and keys (client, key), nor for what an end means (outcome).
 *
 *	h = http_open();
 *	x.options = &options;
 *	http_start(h, &x);			(as many as wanted)
 *	while ((done = http_wait(h, NULL, 0, -1)) == NULL)
 *		;
 *	outcome_of(done, &outcome);		(see outcome.h)
 *
 * An exchange that has ended may be started again, for another try or with
 * another body; its connection is reused. Exchanges of one http may go to several
 * hosts with several keys: what is an exchange's own stands in its options.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "buf.h"
#include "diag.h"
#include "gzip.h"
#include "redact.h"

/* Where an exchange goes, and how. Any number of exchanges may share one. */
struct http_options {
	const char		*url;		/* one that url_parse made */
	bool			 loopback;	/* url_parse's: never through a proxy */
	char			*key;		/* Authorization: Bearer KEY; NULL: none */
	char			**headers;	/* "Name: value", they go before ours */
	size_t			 nheaders;
	const char		*proxy;		/* NULL: as the environment says */
	const char		*cacert;	/* a file; NULL: libcurl's own */
	const char		*capath;	/* a folder of certificates; NULL: none */
	long			 connect_ms;	/* limits in milliseconds, 0: none */
	long			 first_byte_ms;	/* from the start to the body's first byte */
	long			 idle_ms;	/* between bytes; not while in sink() */
	bool			 verbose;	/* headers and libcurl's notes to stderr */
	const struct redact	*redact;	/* what is hidden in all that is shown */
};

/* The limit of time that ended an exchange. */
enum http_limit {
	HTTP_NO_LIMIT, HTTP_FIRST_BYTE, HTTP_IDLE, HTTP_DEADLINE,
	HTTP_REST,	/* what may follow when it is over */
};

struct http;

/* One exchange. All zero but what the caller sets. */
struct http_exchange {
	/* Set by the caller before http_start. The options, and whether there is
	   a body, stay as they are until http_free; options are borrowed. */
	const struct http_options *options;
	const char	*body;		/* what is POSTed, borrowed; NULL: a GET */
	size_t		 body_len;
	long long	 deadline;	/* of when_now's clock; 0: none */
	bool		 restartable;	/* a try may follow though bytes went to sink */
	/* Takes the body of a 2xx response as it arrives; false stops it. It
	   may set limit before, when that is why. */
	bool		(*sink)(struct http_exchange *x, const char *p, size_t n);
	/* When not NULL: a response's headers are there, in x->head. */
	void		(*on_head)(struct http_exchange *x);
	void		*arg;

	/* What came of it, since http_start. */
	CURLcode	 code;		/* how libcurl saw it end */
	char		 why[CURL_ERROR_SIZE]; /* and its words for it, or "" */
	enum http_limit	 limit;
	bool		 stopped;	/* by sink */
	bool		 over;		/* see http_over */
	bool		 cut;		/* a packed body lacks its end, though the
					   response had one */
	bool		 no_files;	/* no descriptor was left to connect with */
	bool		 connected;	/* there was a connection to ask on, TLS and all */
	long		 status;	/* HTTP's; 0: there was no response, or but a 1xx */
	long		 proxy_status;	/* a proxy's answer to CONNECT; 0: none */
	long long	 started;	/* when, of when_now's clock */
	struct buf	 head;		/* the last response's headers, as received */
	bool		 head_done;	/* all of them */
	struct buf	 coding;	/* of the body, if not one of ours: such a one
					   is not passed on */
	struct buf	 error;		/* the body of any status but 2xx, cut at 64 KiB */
	unsigned long long passed;	/* bytes of the body that sink took */

	/* http's own. */
	struct http	*http;		/* that it is active in; NULL: it is at rest */
	CURL		*easy;
	struct curl_slist *headers;
	struct http_exchange *next;	/* that is active */
	long long	 last;		/* when the last byte came, or the headers */
	long long	 rest;		/* when the rest's time is up; 0: it is not over */
	bool		 chunked, packed;	/* how the response comes, as its headers say */
	struct gzip	 gzip;		/* the body, where that is packed */
	struct diag_trace trace[3];	/* notes, headers received, headers sent */
};

/*
 * The headers of a request, the caller's first, then ours but those the caller has
 * set; owned, to be freed by curl_slist_free_all.
 */
struct curl_slist *http_headers(const struct http_options *o, bool post);

/* Starts libcurl (5 ms: check arguments and input first). Ends the tool with 70
 * when that fails. http_close frees it; no exchange may be active. */
struct http *http_open(void);
void	http_close(struct http *h);

/* Begins an exchange; what came of an earlier try of it is dropped. */
void	http_start(struct http *h, struct http_exchange *x);

/*
 * Moves all exchanges on and returns one that has ended; NULL when, for now,
 * none has: after ms milliseconds (-1: no limit), or when one of fds woke, or
 * just so. libcurl hides POLLERR and POLLHUP from fds: ask poll(2) again.
 * With no exchange active it waits for fds and ms alone.
 */
struct http_exchange *http_wait(struct http *h, struct curl_waitfd *fds,
	    unsigned nfds, long ms);

/* Returns one that had ended together with the one returned last; else NULL. */
struct http_exchange *http_ended(struct http *h);

/* Whether the response's status is a success, 2xx. */
bool	http_is_good(const struct http_exchange *x);

/*
 * The value of a header of the last response, of *n bytes, borrowed until the exchange
 * is started again; of several of that name (in any case of letters) the last one's.
 * NULL, and *n is 0, where it was not sent.
 */
const char *http_header(const struct http_exchange *x, const char *name,
	    size_t *n);

/*
 * All that is wanted of the body has come, as sink may find: it has a second to end by
 * itself.
 */
void	http_over(struct http_exchange *x);

/* Ends an exchange at once; it is not returned by http_wait any more. */
void	http_cancel(struct http_exchange *x);

/* Frees all that an exchange holds, not the exchange; cancels it if need be. */
void	http_free(struct http_exchange *x);

#endif
