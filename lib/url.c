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
part(CURLU *h, CURLUPart what)
{
	char *s, *copy;

	if (curl_url_get(h, what, &s, 0) != CURLUE_OK)
		return NULL;
	copy = mem_string(s);
	curl_free(s);
	return copy;
}

static bool
has(CURLU *h, CURLUPart what)
{
	char *s = part(h, what);
	bool there = s != NULL;

	free(s);
	return there;
}

/* In lower case, IPv6 without its brackets. */
static char *
host_name(CURLU *h)
{
	char *host = part(h, CURLUPART_HOST), *c;
	size_t n;

	if (host == NULL)
		return NULL;
	n = strlen(host);
	if (*host == '[' && n > 1 && host[n - 1] == ']') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	}
	for (c = host; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return host;
}

/* "api.sup.ai." is api.sup.ai: the dot is the DNS root, said. */
static void
drop_root(char *host)
{
	size_t n = strlen(host);

	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
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

static long
port(CURLU *h)
{
	char *s;
	long n;

	if (curl_url_get(h, CURLUPART_PORT, &s, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return 0;
	n = strtol(s, NULL, 10);
	curl_free(s);
	return n;
}

/* Puts tail after the URL's path, each "../" of it going up one. */
static bool
add_tail(CURLU *h, const char *tail)
{
	char *path = part(h, CURLUPART_PATH), *slash;
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
	char *scheme;
	CURLUcode code;

	if (strstr(text, "://") == NULL)
		return "no https:// at its start";
	code = curl_url_set(h, CURLUPART_URL, text, 0);
	if (code == CURLUE_UNSUPPORTED_SCHEME &&
	    strncasecmp(text, "https:", 6) == 0)
		return "https, and the libcurl here is built without TLS";
	if (code != CURLUE_OK)
		return "not an http or https URL";
	scheme = part(h, CURLUPART_SCHEME);
	u->https = scheme != NULL && strcmp(scheme, "https") == 0;
	if (!u->https && (scheme == NULL || strcmp(scheme, "http") != 0)) {
		free(scheme);
		return "not an http or https URL";
	}
	free(scheme);
	if (has(h, CURLUPART_USER) || has(h, CURLUPART_PASSWORD))
		return "a user name or password does not belong into a URL";
	curl_url_set(h, CURLUPART_FRAGMENT, NULL, 0);
	if (tail != NULL && !add_tail(h, tail))
		return "not an http or https URL";
	u->host = host_name(h);
	u->text = part(h, CURLUPART_URL);
	if (u->host == NULL || *u->host == '\0' || u->text == NULL)
		return "no host in it";
	u->loopback = host_is_loopback(u->host);
	drop_root(u->host);
	u->port = port(h);
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
