#include <string.h>
#include <strings.h>

#include "curlcmd.h"
#include "http.h"
#include "opt.h"

/* An option on a line of its own; value is what follows it, after mark. */
static void
add_option(struct buf *out, const char *option, const char *mark, const char *value)
{
	struct buf word = {0};

	buf_printf(&word, "%s%s", mark, value);
	buf_printf(out, " \\\n    %s ", option);
	opt_quote(out, word.p, word.n);
	buf_free(&word);
}

static void
add_seconds(struct buf *out, const char *option, long ms)
{
	if (ms > 0)
		buf_printf(out, " \\\n    %s %.15g", option, (double)ms / 1000);
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
	struct curl_slist *all = http_headers(&c->options, true), *h = all;
	const char *file, *before = NULL;
	size_t i;

	for (i = 0; h != NULL; i++, h = h->next) {
		file = i < c->options.nheaders ? c->header_files[i] : NULL;
		if (file == NULL)
			add_option(out, "--header", "", h->data);
		else if (file != before)
			add_option(out, "--header", "@", file);
		before = file;
	}
	curl_slist_free_all(all);
}

static void
add_way(struct buf *out, const struct http_options *o, long max_ms)
{
	if (o->loopback)
		add_option(out, "--noproxy", "", "*");
	else if (o->proxy != NULL)
		add_option(out, "--proxy", "", o->proxy);
	if (o->cacert != NULL)
		add_option(out, "--cacert", "", o->cacert);
	if (o->capath != NULL)
		add_option(out, "--capath", "", o->capath);
	add_seconds(out, "--connect-timeout", o->connect_ms);
	add_seconds(out, "--max-time", max_ms);
	if (o->verbose)
		buf_adds(out, " \\\n    --verbose");
}

void
curlcmd_add(struct buf *out, const struct client *c, const char *file,
    struct buf *body, const char *dump)
{
	bool key = !c->no_key && !c->authorized;

	if (key)
		add_key(out, &c->key_source);
	buf_printf(out, "curl -q%s --silent --show-error --fail --no-buffer"
	    " --compressed --tlsv1.2 --proto %s", key ? " -K -" : "",
	    c->endpoint.https ? "=https" : "=http");
	add_way(out, &c->options, c->max_ms);
	if (dump != NULL)
		add_option(out, "--dump-header", "", dump);
	add_headers(out, c);
	if (file != NULL)
		add_option(out, "--data-binary", "@", file);
	else
		add_option(out, "--data-binary", "", buf_string(body));
	if (strpbrk(c->endpoint.text, "[]{}") != NULL)	/* for curl, several URLs in one */
		buf_adds(out, " \\\n    --globoff");
	add_option(out, "--url", "", c->endpoint.text);
	buf_addc(out, '\n');
}
