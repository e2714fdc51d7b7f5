/*
 * client: what the tools that talk to a service have in common: their options, the
 * request they read, the endpoint and key that options and environment give, and one
 * exchange with its retries. Not for the transfer itself: that is http's.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "http.h"
#include "key.h"
#include "options.h"
#include "redact.h"
#include "url.h"

struct client {
	/* Set by client_init, then by options or the tool. Strings are borrowed. */
	const char	*url;		/* the whole URL; NULL: the base URL's */
	const char	*key_file;
	bool		 no_key;
	bool		 key_optional;	/* no key is no failure */
	char		**headers;	/* owned */
	size_t		 nheaders;
	const char	**header_files;	/* for each, the file it comes from; or NULL */
	bool		 authorized;	/* one of them is Authorization */
	long		 retries;	/* 2 */
	long		 connect_ms;	/* 10 s; 0 is no limit, here and below */
	long		 first_byte_ms;	/* 3600 s */
	long		 idle_ms;	/* 600 s */
	long		 max_ms;	/* 0; retries and their waits included */
	const char	*cacert;
	const char	*capath;	/* of the environment */
	const char	*proxy;
	bool		 insecure_http;
	bool		 verbose;
	bool		 notes;		/* retries are said, terminal or not */
	int		 reader;	/* a descriptor; when who reads it is gone the
					   program ends as by SIGPIPE. -1: none */
	/* Found by client_resolve. */
	struct url	 endpoint;
	struct key_source key_source;
	/* Made by client_open. */
	char		*key;
	struct redact	 redact;
	struct http_options options;
	struct http	*http;
};

/* The defaults. */
void	client_init(struct client *c);

/* Takes one of CLIENT_OPTIONS; false when key is none of them. Wrong values end
 * the tool with 64, files that cannot be read with 66. */
bool	client_option(struct client *c, const struct opt_tool *tool, int key,
	    const char *arg);

/*
 * Appends the request to out, for the tools that take one: file, or standard input
 * where that is NULL, holds one JSON object. Ends the tool with 66 when it is empty or
 * cannot be read (in silence for standard input without a byte: the stage before has
 * said why), with 65 when it is longer than max bytes, no JSON, no object, or more
 * than one.
 */
void	client_request(const char *file, size_t max, struct buf *out);

/*
 * Finds the endpoint, c->url or the base URL with tail (see url_parse), and
 * where the key is, without reading it. Ends the tool with 64 or 78 when the
 * URL is wrong, or plain http to another machine without insecure_http.
 */
void	client_resolve(struct client *c, const char *tail);

/*
 * Sets o for exchanges with u, as c's options say: where, limits of time, proxy,
 * certificates. The caller adds key and headers. Ends the tool with 78 for plain http
 * to another machine without insecure_http.
 */
void	client_way(struct client *c, const struct url *u,
	    struct http_options *o);

/*
 * Reads the key and starts libcurl, after client_resolve; the environment has no
 * SUPAI_API_KEY any more. Ends the tool with 78 when there is no key or it is unsafe.
 */
void	client_open(struct client *c);

/*
 * Gives up the powers that nothing needs any more (see sandbox_client): after
 * client_open, and once the tool has opened its own files, but for files, which may
 * still be read. Files may still be made beside output; NULL: nowhere.
 */
void	client_confine(const struct client *c, char *const *files, int nfiles,
	    const char *output);

/*
 * Makes one exchange, with retries; x is as http_start wants it, without options and
 * deadline. Returns 0, or the status after saying the reason.
 */
int	client_run(struct client *c, struct http_exchange *x);

/*
 * As http_wait, with at most CLIENT_FDS descriptors; ends the program when the one who
 * reads c->reader is gone.
 */
enum { CLIENT_FDS = 3 };
struct http_exchange *client_wait(struct client *c,
	    const struct curl_waitfd *more, unsigned nmore, long ms);

/*
 * GETs tail of the base URL ("../info/models") and appends the body, up to max bytes,
 * to out: resolve, open and run in one; may be called again. Returns 0, or the status
 * with the reason appended to why; 65 for a body that is longer.
 */
int	client_get(struct client *c, const char *tail, struct buf *out,
	    size_t max, struct buf *why);

/*
 * Ends the program as the next write to its standard output would, by SIGPIPE,
 * also where libcurl has that ignored.
 */
_Noreturn void client_reader_gone(void);

void	client_close(struct client *c);

#endif
