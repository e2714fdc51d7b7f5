/*
 * client: what the tools that talk to a service have in common: their options, the
 * request they read, the endpoint and key that options and environment give, one
 * exchange with its retries, and the signals that end them. Not for the transfer itself:
 * that is http's.
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
	const char	**header_files;	/* for each header, its file; or NULL */
	bool		 authorized;	/* one of them is Authorization */
	long		 retries;	/* 2 */
	long		 max_ms;	/* 0: no limit; retries and their waits included */
	bool		 insecure_http;
	struct http_options options;	/* limits are 10, 3600 and 600 s; its headers and
					   key are owned. client_open makes it whole */
	bool		 notes;		/* retries are said, terminal or not */
	int		 reader;	/* a descriptor; when who reads it is gone the
					   program ends as by SIGPIPE. -1: none */
	/* Found by client_resolve. */
	struct url	 endpoint;
	struct key_source key_source;
	/* Made by client_open. */
	struct redact	 redact;
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
 * URL is wrong, or plain http to another machine without insecure_http. After
 * client_open it goes on to another tail, with the same key.
 */
void	client_resolve(struct client *c, const char *tail);

/*
 * c's options for exchanges with u, without a key. Ends the tool with 78 for plain http
 * to another machine without insecure_http.
 */
struct http_options client_way(struct client *c, const struct url *u);

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
 * deadline. Returns 0, or the status with the reason, if there is one, appended to why.
 */
int	client_run(struct client *c, struct http_exchange *x, struct buf *why);

/*
 * As http_wait; besides, what can be read from fd (-1: none) and the signals of
 * client_catch wake it. Ends the program when the one who reads c->reader is gone.
 */
struct http_exchange *client_wait(struct client *c, int fd, long ms);

void	client_close(struct client *c);

/*
 * Catches SIGINT and SIGTERM, but for one that was ignored when the program started, for
 * a loop that ends in good order at the first and at once at the second.
 */
void	client_catch(void);

/* How many have come since then; sets *sig to the first one. */
int	client_caught(int *sig);

/* Whether a second one has come: whoever is in the middle of something stops. */
bool	client_at_once(void);

/*
 * Writes to standard output, where a reader that is slow holds up neither a limit of
 * time (of when_now's clock; 0: none) nor a signal of client_catch: what was not written
 * by then is left out. A failure ends the tool with 74; a reader that is gone ends it as
 * by SIGPIPE.
 */
enum client_written { CLIENT_WRITTEN, CLIENT_LATE, CLIENT_SIGNAL };
enum client_written client_write(const char *p, size_t n, long long deadline);

/* Ends the program as the signal does where nobody catches, blocks or ignores it. */
_Noreturn void client_die(int sig);

#endif
