#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "buf.h"
#include "host.h"
#include "mem.h"
#include "url.h"

/* A part of the URL, owned; NULL where it has none. */
static char *
part(CURLU *h, CURLUPart what, unsigned flags)
{
	char *s, *copy;

	if (curl_url_get(h, what, &s, flags) != CURLUE_OK)
		return NULL;
	copy = mem_string(s);
	curl_free(s);
	return copy;
}

/* Whether the URL has a part, which is what (NULL: anything). */
static bool
has(CURLU *h, CURLUPart part_of, const char *what)
{
	char *s = part(h, part_of, 0);
	bool there = s != NULL && (what == NULL || strcmp(s, what) == 0);

	free(s);
	return there;
}

/* IPv6 without its brackets. */
static char *
host_name(CURLU *h)
{
	char *host = part(h, CURLUPART_HOST, 0);
	size_t n = host != NULL ? strlen(host) : 0;

	if (n > 1 && *host == '[' && host[n - 1] == ']') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	}
	return host;
}

/* Takes away end from a path as often as it ends so; whether it did. */
static bool
drop_end(struct buf *path, const char *end)
{
	size_t n = strlen(end), had = path->n;

	while (path->n >= n && memcmp(path->p + path->n - n, end, n) == 0)
		path->n -= n;
	return path->n < had;
}

/* Puts tail after the URL's path, each "../" of it going up one. */
static bool
add_tail(CURLU *h, const char *tail)
{
	char *path = part(h, CURLUPART_PATH, 0), *slash;
	struct buf b = {0};
	bool ok;

	buf_adds(&b, path != NULL ? path : "");
	free(path);
	drop_end(&b, "/");
	if (drop_end(&b, "/chat/completions"))	/* the endpoint, given as the base */
		drop_end(&b, "/");
	for (; strncmp(tail, "../", 3) == 0; tail += 3) {
		buf_string(&b);
		slash = strrchr(b.p, '/');
		b.n = slash != NULL ? (size_t)(slash - b.p) : 0;
	}
	buf_printf(&b, "/%s", tail);
	ok = curl_url_set(h, CURLUPART_PATH, buf_string(&b), 0) == CURLUE_OK;
	buf_free(&b);
	return ok;
}

static const char *
check(CURLU *h, struct url *u, const char *text, const char *tail)
{
	static const char wrong[] = "not an http or https URL";
	CURLUcode code;
	char *port;

	if (strstr(text, "://") == NULL)
		return "no https:// at its start";
	code = curl_url_set(h, CURLUPART_URL, text, 0);
	if (code == CURLUE_UNSUPPORTED_SCHEME &&
	    strncasecmp(text, "https:", 6) == 0)
		return "https, and the libcurl here is built without TLS";
	u->https = code == CURLUE_OK && has(h, CURLUPART_SCHEME, "https");
	if (code != CURLUE_OK || (!u->https && !has(h, CURLUPART_SCHEME, "http")))
		return wrong;
	if (has(h, CURLUPART_USER, NULL) || has(h, CURLUPART_PASSWORD, NULL))
		return "a user name or password does not belong into a URL";
	curl_url_set(h, CURLUPART_FRAGMENT, NULL, 0);
	if (tail != NULL && !add_tail(h, tail))
		return wrong;
	u->host = host_name(h);
	u->text = part(h, CURLUPART_URL, 0);
	if (u->host == NULL || *u->host == '\0' || u->text == NULL)
		return "no host in it";
	u->loopback = host_is_loopback(u->host);
	host_fold(u->host);
	port = part(h, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	u->port = port != NULL ? strtol(port, NULL, 10) : 0;
	free(port);
	return NULL;
}

const char *
url_parse(struct url *u, const char *text, const char *tail)
{
	CURLU *h = curl_url();
	const char *fault;

	if (h == NULL)
		mem_out();
	*u = (struct url){0};
	fault = check(h, u, text, tail);
	curl_url_cleanup(h);
	if (fault != NULL)
		url_free(u);
	return fault;
}

void
url_free(struct url *u)
{
	free(u->text);
	free(u->host);
	*u = (struct url){0};
}
