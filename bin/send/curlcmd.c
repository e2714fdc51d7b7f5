#include <string.h>
#include <strings.h>

#include "curlcmd.h"
#include "http.h"
#include "opt.h"

/* The options each stand on a line of their own. */
static void
add_option(struct buf *out, const char *option, const char *value)
{
	buf_printf(out, " \\\n    %s", option);
	if (value == NULL)
		return;
	buf_addc(out, ' ');
	opt_quote(out, value, strlen(value));
}

static void
add_seconds(struct buf *out, const char *option, long ms)
{
	if (ms > 0)
		buf_printf(out, " \\\n    %s %g", option, (double)ms / 1000);
}

/*
 * The shell's printf is no process: the key is in no argument. Its quotes and
 * backslashes are escaped for curl. The line end after it may be CR LF, of which $()
 * takes but the one.
 */
static void
add_key(struct buf *out, const struct key_source *key)
{
	buf_adds(out, "printf '%s\\n' \"");
	if (key->kind == KEY_FILE) {
		buf_adds(out, "$(tr -d '\\r' <");
		opt_quote(out, key->path, strlen(key->path));
		buf_addc(out, ')');
	} else {
		buf_adds(out, "$SUPAI_API_KEY");
	}
	buf_adds(out, "\" |\n    sed 's/[\"\\\\]/\\\\&/g;"
	    " s/.*/header = \"Authorization: Bearer &\"/' |\n");
}

static void
add_headers(struct buf *out, const struct client *c)
{
	const struct http_options o = {
		.headers = c->headers, .nheaders = c->nheaders,
	};
	struct curl_slist *all = http_headers(&o, true), *h = all;
	const char *before = NULL;
	struct buf at = {0};
	size_t i;

	for (i = 0; i < c->nheaders; i++, h = h->next) {
		if (c->header_files[i] == NULL) {
			add_option(out, "--header", h->data);
		} else if (c->header_files[i] != before) {
			buf_clear(&at);
			buf_printf(&at, "@%s", c->header_files[i]);
			add_option(out, "--header", buf_string(&at));
		}
		before = c->header_files[i];
	}
	for (; h != NULL; h = h->next)
		add_option(out, "--header", h->data);
	curl_slist_free_all(all);
	buf_free(&at);
}

static void
add_way(struct buf *out, const struct client *c)
{
	if (c->endpoint.loopback)
		add_option(out, "--noproxy", "*");
	else if (c->proxy != NULL)
		add_option(out, "--proxy", c->proxy);
	if (c->cacert != NULL)
		add_option(out, "--cacert", c->cacert);
	if (c->capath != NULL)
		add_option(out, "--capath", c->capath);
	add_seconds(out, "--connect-timeout", c->connect_ms);
	add_seconds(out, "--max-time", c->max_ms);
}

static void
add_body(struct buf *out, const char *file, const struct buf *body)
{
	struct buf at = {0};

	if (file != NULL) {
		buf_printf(&at, "@%s", file);
		add_option(out, "--data-binary", buf_string(&at));
		buf_free(&at);
		return;
	}
	add_option(out, "--data-binary ", NULL);
	opt_quote(out, body->p, body->n);
}

void
curlcmd_add(struct buf *out, const struct client *c, const char *file,
    const struct buf *body, const char *dump)
{
	bool key = !c->no_key && !c->authorized;

	if (key)
		add_key(out, &c->key_source);
	buf_printf(out, "curl -q%s --silent --show-error --fail --no-buffer"
	    " --compressed --tlsv1.2 --proto %s", key ? " -K -" : "",
	    c->endpoint.https ? "=https" : "=http");
	add_way(out, c);
	if (c->verbose)
		add_option(out, "--verbose", NULL);
	if (dump != NULL)
		add_option(out, "--dump-header", dump);
	add_headers(out, c);
	add_body(out, file, body);
	add_option(out, "--url", c->endpoint.text);
	buf_addc(out, '\n');
}
